//! The manual pages of `ca2a` and its verbs, and the completions of shells, from the command line as it is:
//! `cargo run -p ca2a-cli --example manual -- FOLDER`.

use std::{env, fs, io, path::Path};

use clap_complete::Shell;

fn main() -> io::Result<()> {
    let folder = env::args_os().nth(1).ok_or_else(|| io::Error::other("usage: manual FOLDER"))?;
    let (pages, completions) = (Path::new(&folder).join("man1"), Path::new(&folder).join("completions"));
    fs::create_dir_all(&pages)?;
    fs::create_dir_all(&completions)?;
    clap_mangen::generate_to(ca2a_cli::command(), &pages)?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut ca2a_cli::command(), "ca2a", &completions)?;
    }
    let made = fs::read_dir(&pages)?.count();
    println!("manual: {made} pages and the completions of bash, zsh and fish");
    Ok(())
}
