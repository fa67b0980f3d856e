//! Headless Chromium, where it is installed.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

pub(crate) struct Browser {
    program: PathBuf,
    folder: PathBuf,
}

impl Browser {
    /// `None`, and a line that says so, where there is no browser.
    pub(crate) fn find() -> Option<Self> {
        let program = Path::new("/usr/bin/chromium");
        if !program.exists() {
            println!("SKIPPED: no chromium is installed; no page was opened");
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("pages");
        std::fs::create_dir_all(&folder).unwrap();
        Some(Self { program: program.into(), folder })
    }

    /// Opens `page`, keeps it and two screenshots as `name`, and returns the document after its script ran.
    pub(crate) fn show(&self, name: &str, page: &str) -> String {
        let file = self.folder.join(format!("{name}.html"));
        std::fs::write(&file, page).unwrap();
        let address = format!("file://{}", file.display());
        for (theme, flag) in [("", "--blink-settings=preferredColorScheme=1"), ("-dark", "--force-dark-mode")]
        {
            let picture = self.folder.join(format!("{name}{theme}.png"));
            let _ = std::fs::remove_file(&picture);
            let shot = format!("--screenshot={}", picture.display());
            self.run(name, &[&shot, "--window-size=1240,3000", "--hide-scrollbars", flag, &address]);
            assert!(std::fs::metadata(&picture).unwrap().len() > 10_000, "an empty screenshot");
        }
        let dumped = self.run(name, &["--dump-dom", &address]);
        String::from_utf8(dumped.stdout).unwrap()
    }

    fn run(&self, name: &str, arguments: &[&str]) -> Output {
        let profile = self.folder.join(format!("profile-{name}"));
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
            ])
            .arg(format!("--user-data-dir={}", profile.display()))
            .args(arguments)
            .output()
            .expect("chromium starts");
        let _ = std::fs::remove_dir_all(&profile);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output
    }
}
