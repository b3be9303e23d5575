//! The plugins of a folder: which files they are, and in which order they are loaded.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use pintle_abi_core::Instance;

use crate::descriptor::Descriptor;
use crate::error::Error;
use crate::file::io;
use crate::host::Host;
use crate::plugins::LoadOptions;
use crate::refusal::{LoadError, Refusal};

/// How the names of libraries end on this system.
const EXTENSION: &str = "so";

/// What became of a file of a folder.
#[derive(Clone, Debug)]
pub enum Found {
    /// It was loaded.
    Loaded {
        /// The path of the folder and the name of the file.
        path: PathBuf,
        /// The instance that was created.
        instance: Instance,
    },
    /// It is no plugin, but may well be among them: an ordinary library, or what a debugger reads beside one.
    PassedOver(LoadError),
    /// It was refused, or its plugin was.
    Refused {
        /// The path of the folder and the name of the file.
        path: PathBuf,
        /// Why.
        error: Error,
    },
}

impl Host {
    /// Loads the plugins of a folder in the order of their names, and tells what became of each file. The files are those that
    /// a shell finds as `*.so`: hidden ones and other folders are left out. A file that is refused does not keep the others
    /// from being loaded.
    ///
    /// `options` is asked for the options of each plugin. An error that it returns refuses that plugin. Priorities come
    /// before the order of loading, as everywhere.
    ///
    /// # Errors
    /// The folder cannot be read (`E_IO`, `E_NO_FILE`), and nothing was loaded. `E_WRONG_THREAD`.
    ///
    /// # Safety
    /// The files can be trusted, as their code can do anything to the process.
    pub unsafe fn load_folder(
        &self,
        folder: impl AsRef<Path>,
        mut options: impl FnMut(&Path, &Descriptor) -> Result<LoadOptions, Error>,
        mut told: impl FnMut(&Found),
    ) -> Result<(), Error> {
        self.begin_call()?;
        for path in libraries(folder.as_ref())? {
            let loaded = match self.dialects().read_descriptor(&path) {
                Err(error) if is_no_plugin(&error.refusal) => {
                    told(&Found::PassedOver(error));
                    continue;
                }
                Err(error) => Err(error.into()),
                Ok(descriptor) => options(&path, &descriptor).and_then(|options| {
                    // SAFETY: the caller's.
                    unsafe { self.load(&path, &options) }
                }),
            };
            told(&match loaded {
                Ok(instance) => Found::Loaded { path, instance },
                Err(error) => Found::Refused { path, error },
            });
        }
        Ok(())
    }
}

/// The libraries of a folder, in the order of the bytes of their names.
fn libraries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let refused = |error| Error::from(io(error).of(folder));
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let name = entry.map_err(refused)?.file_name();
        let is_hidden = name.as_bytes().starts_with(b".");
        if !is_hidden && Path::new(&name).extension() == Some(OsStr::new(EXTENSION)) {
            names.push(name);
        }
    }
    names.sort();
    let paths = names.into_iter().map(|name| folder.join(name));
    Ok(paths.filter(|path| !path.is_dir()).collect())
}

fn is_no_plugin(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::NotAPlugin(_) | Refusal::DebugFile)
}
