//! The `ca2a` command. Everything is in the library.

/// A node allocates and frees a few hundred small pieces a request, from every thread.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> std::process::ExitCode {
    let argv = std::env::args_os().skip(1);
    ca2a_cli::run(argv, &ca2a_cli::OsFs, &ca2a_cli::SystemClock, &mut ca2a_cli::Out::standard()).into()
}
