//! A service with a fast and a slow request
