//! The host for an operating system: inspection, loading, workers and the loop
