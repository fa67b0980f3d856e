//! The same kernel behind FUSE: real files, real errors, a write that is acted on at the close. Tests of other crates
//! mount it too.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, UNIX_EPOCH},
};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyWrite, Request, WriteFlags,
};

use super::kernel::{ENOENT, Kernel};

/// Where an inode is: an entry, or a file in it.
type Place = (String, Option<String>);

struct Tree {
    kernel: Kernel,
    places: Vec<Place>,
    /// What open files hold: a snapshot of what is read, and what was written so far.
    open: BTreeMap<u64, (Vec<u8>, Option<Vec<u8>>)>,
    /// How many requests the kernel drops without a word.
    drops: u32,
    opened: u64,
}

struct ConfigFs(Mutex<Tree>);

impl Tree {
    fn inode(&mut self, place: Place) -> u64 {
        let found = self.places.iter().position(|known| *known == place);
        let index = found.unwrap_or_else(|| {
            self.places.push(place);
            self.places.len() - 1
        });
        index as u64 + 2
    }

    fn place(&self, inode: u64) -> Option<&Place> {
        self.places.get(usize::try_from(inode).ok()?.checked_sub(2)?)
    }

    fn attributes(&self, inode: u64) -> Option<FileAttr> {
        let file = if inode == 1 { None } else { self.place(inode)?.1.as_ref() };
        Some(FileAttr {
            ino: INodeNo(inode),
            size: 0,
            blocks: 0,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if file.is_some() { FileType::RegularFile } else { FileType::Directory },
            perm: if file.is_some() { 0o600 } else { 0o700 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        })
    }

    fn lookup(&mut self, parent: u64, name: &str) -> Option<FileAttr> {
        let place = if parent == 1 {
            (self.kernel.entries.contains_key(name)).then(|| (name.to_owned(), None))
        } else {
            let entry = self.place(parent)?.0.clone();
            self.kernel.files().contains(&name).then(|| (entry, Some(name.to_owned())))
        }?;
        let inode = self.inode(place);
        self.attributes(inode)
    }

    /// configfs acts at the close, and nobody hears how that went.
    fn close(&mut self, inode: u64, handle: u64) {
        let Some((entry, Some(file))) = self.place(inode).cloned() else { return };
        let written = self.open.get_mut(&handle).and_then(|(_, written)| written.take());
        let Some(written) = written else { return };
        if file == "inblob" && self.drops > 0 {
            self.drops -= 1;
            return;
        }
        let _ = self.kernel.write(&entry, &file, &written);
    }
}

fn errno(number: i32) -> Errno {
    Errno::from_i32(number)
}

impl Filesystem for ConfigFs {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.0.lock().unwrap().lookup(parent.0, name.to_str().unwrap());
        match found {
            Some(attributes) => reply.entry(&Duration::ZERO, &attributes, Generation(0)),
            None => reply.error(errno(ENOENT)),
        }
    }

    fn getattr(&self, _: &Request, inode: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        match self.0.lock().unwrap().attributes(inode.0) {
            Some(attributes) => reply.attr(&Duration::ZERO, &attributes),
            None => reply.error(errno(ENOENT)),
        }
    }

    fn mkdir(&self, _: &Request, _: INodeNo, name: &OsStr, _: u32, _: u32, reply: ReplyEntry) {
        let mut tree = self.0.lock().unwrap();
        match tree.kernel.make(name.to_str().unwrap()) {
            Ok(()) => {
                let attributes = tree.lookup(1, name.to_str().unwrap()).unwrap();
                reply.entry(&Duration::ZERO, &attributes, Generation(0));
            }
            Err(number) => reply.error(errno(number)),
        }
    }

    fn rmdir(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        match self.0.lock().unwrap().kernel.remove(name.to_str().unwrap()) {
            Ok(()) => reply.ok(),
            Err(number) => reply.error(errno(number)),
        }
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        let mut tree = self.0.lock().unwrap();
        tree.opened += 1;
        let handle = tree.opened;
        tree.open.insert(handle, (Vec::new(), None));
        reply.opened(FileHandle(handle), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        inode: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let mut tree = self.0.lock().unwrap();
        if offset == 0 {
            let (entry, file) = tree.place(inode.0).cloned().unwrap();
            match tree.kernel.read(&entry, &file.unwrap()) {
                Ok(content) => tree.open.get_mut(&handle.0).unwrap().0 = content,
                Err(number) => return reply.error(errno(number)),
            }
        }
        let content = &tree.open[&handle.0].0;
        let start = content.len().min(offset as usize);
        reply.data(&content[start..content.len().min(start + size as usize)]);
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let mut tree = self.0.lock().unwrap();
        let written = &mut tree.open.get_mut(&handle.0).unwrap().1;
        written.get_or_insert_default().extend_from_slice(data);
        reply.written(data.len() as u32);
    }

    /// Before `close` returns, where configfs does the same; `release` comes at some later time.
    fn flush(&self, _: &Request, inode: INodeNo, handle: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        self.0.lock().unwrap().close(inode.0, handle.0);
        reply.ok();
    }
}

/// A mounted folder, or the reason why there is none.
pub struct Mounted {
    session: Option<BackgroundSession>,
    pub folder: PathBuf,
}

impl Mounted {
    pub fn new(name: &str, kernel: Kernel, drops: u32) -> Option<Self> {
        if !Path::new("/dev/fuse").exists() {
            println!("SKIPPED: {name}: there is no /dev/fuse here");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("ca2a-tsm-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let tree = Tree { kernel, places: Vec::new(), open: BTreeMap::new(), drops, opened: 0 };
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("ca2a-tsm".to_owned())];
        match fuser::spawn_mount(ConfigFs(Mutex::new(tree)), &folder, &config) {
            Ok(session) => Some(Self { session: Some(session), folder }),
            Err(error) => {
                println!("SKIPPED: {name}: FUSE cannot be mounted here: {error}");
                let _ = std::fs::remove_dir(&folder);
                None
            }
        }
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        drop(self.session.take());
        let _ = std::fs::remove_dir(&self.folder);
    }
}
