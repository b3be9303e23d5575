//! The headers as other editions of the contract have them, made from the published ones.

use std::path::{Path, PathBuf};

use pintle_host::abi::ABI_MINOR;

use crate::plugins::root;

/// The minor version of an edition that does not exist yet.
pub const LATER_MINOR: u32 = 7;

/// `plugin.h` and `host.h`, to be altered as another edition would.
///
/// Their fingerprint stays: that covers the layout of 1.0, which no later edition moves, and `size` tells of everything
/// that comes behind it.
pub struct Headers {
    plugin: Header,
    host: Header,
}

struct Header(String);

impl Headers {
    /// The headers of a folder below the top of the source tree, such as `include`.
    ///
    /// # Panics
    /// If it has none.
    #[must_use]
    pub fn of(folder: &str) -> Self {
        let read = |name: &str| {
            let path = root().join(folder).join("pintle").join(name);
            Header(
                std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())),
            )
        };
        Self { plugin: read("plugin.h"), host: read("host.h") }
    }

    /// As an edition has them in which every struct that crosses has a member more, called `later`: of tables and
    /// callbacks a function, of others a number.
    ///
    /// # Panics
    /// If these are not such headers.
    #[must_use]
    pub fn lengthened(mut self) -> Self {
        let now = format!("#define PINTLE_ABI_MINOR {ABI_MINOR}\n");
        assert!(self.plugin.0.contains(&now), "these headers are those of another minor version");
        self.plugin.0 = self.plugin.0.replace(&now, &format!("#define PINTLE_ABI_MINOR {LATER_MINOR}\n"));
        self.plugin.append("pintle_descriptor_t", "pintle_span_t later;");
        self.plugin.append("pintle_plugin_t", "uint64_t later;");
        for header in [&mut self.plugin, &mut self.host] {
            for name in header.sized() {
                let holds_functions = name.ends_with("_api_t") || name == "pintle_callbacks_t";
                let member = if holds_functions {
                    "int32_t (*later)(pintle_plugin_t *plugin);"
                } else if name == "pintle_limits_t" {
                    // An odd number of 32-bit members: a longer one would lie behind a hole.
                    "uint32_t later;"
                } else {
                    "uint64_t later;"
                };
                header.append(&name, member);
            }
        }
        self
    }

    /// As an edition has them that lacks the last slots, and the callbacks from `slow_request` on.
    ///
    /// # Panics
    /// If these are not the last ones any more.
    #[must_use]
    pub fn shortened(mut self) -> Self {
        for (table, member, call) in [
            ("pintle_api_t", "stopped", "pintle_stopped"),
            ("pintle_message_api_t", "clone", "pintle_message_clone"),
            ("pintle_socket_api_t", "state", "pintle_socket_state"),
            ("pintle_session_api_t", "protocol", "pintle_session_protocol"),
            ("pintle_service_api_t", "drop_current", "pintle_service_drop_current"),
            ("pintle_executor_api_t", "cancel_timer", "pintle_executor_cancel_timer"),
            ("pintle_io_api_t", "unwatch", "pintle_io_unwatch"),
        ] {
            self.plugin.cut(table, member, Some(call));
            self.plugin.forget_size(table);
        }
        for callback in [
            "restore",
            "save",
            "settings_changed",
            "settings_check",
            "session_batch",
            "offer_ended",
            "offer_published",
            "request_done",
            "slow_request",
        ] {
            self.plugin.cut("pintle_callbacks_t", callback, None);
        }
        self.plugin.forget_size("pintle_callbacks_t");
        self
    }

    /// The names of the structs that begin with their size, in the order of the headers.
    #[must_use]
    pub fn sized(&self) -> Vec<String> {
        [self.plugin.sized(), self.host.sized()].concat()
    }

    /// Writes them, and gives the folder to include from.
    ///
    /// # Panics
    /// If the system refuses.
    #[must_use]
    pub fn write(&self, folder: &Path, name: &str) -> PathBuf {
        let include = folder.join(name);
        std::fs::create_dir_all(include.join("pintle")).expect("a folder");
        std::fs::write(include.join("pintle/plugin.h"), &self.plugin.0).expect("a file");
        std::fs::write(include.join("pintle/host.h"), &self.host.0).expect("a file");
        include
    }

    /// Whether `plugin.h` has this very line.
    #[must_use]
    pub fn has_line(&self, line: &str) -> bool {
        self.plugin.0.lines().any(|it| it == line)
    }

    /// Names and numbers of the constants that are numbers.
    pub fn constants(&self) -> impl Iterator<Item = (&str, &str)> {
        let defines = self.lines().filter_map(|line| line.strip_prefix("#define ")?.split_once(' '));
        defines.filter(|(name, value)| {
            name.starts_with("PINTLE_")
                && !name.ends_with('_')
                && value.starts_with(|it: char| it.is_ascii_digit())
        })
    }

    /// The declarations of the functions of `host.h`.
    ///
    /// # Panics
    /// If one has no end.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        let begin = |at: &usize| *at == 0 || self.host.0.as_bytes()[at - 1] == b'\n';
        let places = self.host.0.match_indices("int32_t pintle_").map(|(at, _)| at).filter(begin);
        places
            .map(|at| &self.host.0[at..=at + self.host.0[at..].find(';').expect("an end of the declaration")])
    }

    /// The structs that both sides lay out: names, members as they are declared, and the members' names.
    pub fn structs(&self) -> impl Iterator<Item = (&str, &str, Vec<&str>)> {
        let headers = [&self.plugin, &self.host];
        headers.into_iter().flat_map(|header| {
            header
                .names()
                .map(|name| (name, &header.0[header.members(name)], header.offsets_of(name).collect()))
        })
    }

    fn lines(&self) -> impl Iterator<Item = &str> {
        self.plugin.0.lines().chain(self.host.0.lines())
    }
}

impl Header {
    /// Where a struct's members begin and end.
    fn members(&self, table: &str) -> std::ops::Range<usize> {
        let head = format!("\nstruct {table} {{\n");
        let start = self.0.find(&head).unwrap_or_else(|| panic!("no {table}")) + head.len();
        start..start + self.0[start..].find("\n};").expect("an end of the struct") + 1
    }

    /// The names of the structs that are laid out here.
    fn names(&self) -> impl Iterator<Item = &str> {
        let heads = self.0.lines().filter_map(|line| line.strip_prefix("struct ")?.strip_suffix(" {"));
        heads.filter(|name| name.starts_with("pintle_"))
    }

    /// The names of a struct's members, of which the header asserts where they are.
    fn offsets_of(&self, table: &str) -> impl Iterator<Item = &str> {
        let of_table = format!("PINTLE_AT_({table}, ");
        let asserts = self.0.lines().filter_map(move |line| line.strip_prefix(&of_table));
        asserts.filter_map(|rest| rest.split_once(',')).map(|(member, _)| member)
    }

    /// The names of the structs that begin with their size.
    fn sized(&self) -> Vec<String> {
        let has_size = |name: &&str| {
            let mut members = self.0[self.members(name)].lines().map(str::trim);
            members.find(|line| !line.starts_with(['/', '*'])) == Some("uint32_t size;")
        };
        self.names().filter(has_size).map(str::to_owned).collect()
    }

    fn remove(&mut self, from: &str, to: &str) {
        let start = self.0.find(from).unwrap_or_else(|| panic!("no {from:?}"));
        let end = start + self.0[start..].find(to).unwrap_or_else(|| panic!("no {to:?}")) + to.len();
        self.0.replace_range(start..end, "");
    }

    /// A table of another length has another size than its assert knows.
    fn forget_size(&mut self, table: &str) {
        self.remove(&format!("PINTLE_SIZE_({table},"), "\n");
    }

    /// Cuts the last member off a table, with what the header says and makes of it.
    fn cut(&mut self, table: &str, member: &str, call: Option<&str>) {
        let end = self.members(table).end;
        let start = self.0[..end].rfind("    /**\n").expect("a comment");
        let last = &self.0[start..end];
        assert!(last.contains(&format!("(*{member})(")), "{member} is not the last of {table}, but {last}");
        self.0.replace_range(start..end, "");
        self.remove(&format!("PINTLE_AT_({table}, {member},"), "\n");
        if let Some(call) = call {
            self.remove(&format!("PINTLE_CALL_ int32_t {call}("), ");\n");
            self.remove(&format!("static inline int32_t {call}("), "\n}\n");
        }
    }

    /// Adds a member to the end of a struct.
    fn append(&mut self, table: &str, member: &str) {
        let end = self.members(table).end;
        self.0.insert_str(end, &format!("    {member}\n"));
        self.forget_size(table);
    }
}
