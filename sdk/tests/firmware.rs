//! Without `std`: one instance at a time, in a static, and a descriptor that says there is no wall.
#![cfg(not(feature = "std"))]

mod fake;

use fake::Fake;
use pintle_sdk::abi;
use pintle_sdk::{CreateArgs, Host, Plugin, Result, status};

struct Small;

#[pintle_sdk::plugin(name = "small", id = "org.example.small", flags = [MULTI_INSTANCE, OPENS_SOCKETS])]
impl Plugin for Small {
    fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> {
        Ok(Small)
    }
}

#[test]
fn one_instance_lives_in_a_static() {
    let (one, two) = (Fake::new(), Fake::new());
    assert_eq!(one.create(&ENTRY, ""), status::OK);
    assert_eq!(two.create(&ENTRY, ""), status::E_CAPACITY);
    assert!(two.error.borrow().1.contains("one instance at a time"));
    assert!(two.data.get().is_null());
    assert_eq!(one.destroy(&ENTRY), status::OK);
    assert_eq!(two.create(&ENTRY, ""), status::OK);
    assert_eq!(two.destroy(&ENTRY), status::OK);
}

#[test]
fn the_descriptor_promises_neither_a_wall_nor_many_instances() {
    // SAFETY: the entry points to a static descriptor.
    let flags = unsafe { (*ENTRY.descriptor).flags };
    assert_eq!(flags & !abi::FLAG_DEBUG, abi::FLAG_PANIC_ABORT | abi::FLAG_OPENS_SOCKETS);
}
