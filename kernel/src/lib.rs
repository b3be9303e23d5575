//! The engine that runs plugins: no_std, no allocator, memory given at start
