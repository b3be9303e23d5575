//! Tasks and timers that are closures: when they run, and when what they hold is dropped.
#![cfg(feature = "std")]

mod fake;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use fake::{Fake, Later};
use pintle_sdk::{CreateArgs, Host, Plugin, Result, Timer, status};

/// Begins a task in `create`, if it is told to.
struct Keeper {
    heard: RefCell<Vec<String>>,
    timer: Cell<Timer>,
}

#[pintle_sdk::plugin(name = "keeper", id = "org.example.keeper")]
impl Plugin for Keeper {
    fn create(host: &Host, args: CreateArgs<'_>) -> Result<Self> {
        let config = args.config.to_owned();
        if config == "early" {
            host.executor().run(move |keeper: &Keeper, _| {
                keeper.heard.borrow_mut().push(config);
                Ok(())
            })?;
        }
        Ok(Keeper { heard: RefCell::default(), timer: Cell::default() })
    }
}

/// A plugin of another type.
struct Other;

impl Plugin for Other {
    fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> {
        Ok(Other)
    }
}

fn begun(config: &str) -> (&'static Fake, Host) {
    let host: &Fake = Fake::new();
    assert_eq!(host.create(&ENTRY, config), status::OK);
    // SAFETY: the fake lives until the test ends.
    (host, unsafe { Host::from_raw(host.plugin()) })
}

/// What a plugin has heard, told by a task.
fn heard(host: &Fake, api: &Host) -> Vec<String> {
    let (tell, told) = std::sync::mpsc::channel();
    let task = move |keeper: &Keeper, _: &Host| {
        tell.send(keeper.heard.borrow().clone()).unwrap();
        Ok(())
    };
    api.executor().run(task).unwrap();
    assert_eq!(host.run_last(), status::OK);
    told.recv().unwrap()
}

#[test]
fn a_task_runs_once_with_what_it_holds_and_may_begin_in_create() {
    let (host, api) = begun("early");
    assert_eq!((host.run_last(), host.run_last()), (status::OK, status::OK));
    assert_eq!(heard(host, &api), ["early"]);
}

#[test]
fn what_never_runs_is_dropped_with_the_instance() {
    let (host, api) = begun("");
    let held = Arc::new(());
    let (task, once, timer) = (held.clone(), held.clone(), held.clone());
    let drops = |held: Arc<()>| {
        move |_: &Keeper, _: &Host| {
            let _held = &held;
            Ok(())
        }
    };
    api.executor().run_on_worker::<Shared, _>(|_, _| Ok(())).unwrap_err();
    api.executor().run(drops(task)).unwrap();
    api.executor().after(Duration::ZERO, drops(once)).unwrap();
    api.executor().every(Duration::from_secs(1), drops(timer)).unwrap();
    assert!(Arc::strong_count(&held) > 1);
    assert_eq!(host.destroy(&ENTRY), status::OK);
    assert_eq!(Arc::strong_count(&held), 1);
}

/// A type that workers may see, of another plugin.
struct Shared;

impl Plugin for Shared {
    fn create(_: &Host, _: CreateArgs<'_>) -> Result<Self> {
        Ok(Shared)
    }
}

#[test]
fn what_is_refused_is_dropped_at_once() {
    let (host, api) = begun("");
    let held = Arc::new(());
    let taken = held.clone();
    host.refuses_tasks.set(true);
    let task = move |_: &Keeper, _: &Host| {
        let _held = &taken;
        Ok(())
    };
    assert_eq!(api.executor().run(task).unwrap_err().code().0, status::E_AGAIN);
    assert_eq!(Arc::strong_count(&held), 1);
    let other = api.executor().run(|_: &Other, _| unreachable!()).unwrap_err();
    assert_eq!(other.code().0, status::E_ARGUMENT);
}

#[test]
fn a_timer_keeps_its_state_until_it_is_cancelled() {
    let (host, api) = begun("");
    let held = Arc::new(());
    let mut left = Some((3, held.clone()));
    let tick = move |keeper: &Keeper, host: &Host| {
        let (count, _) = left.as_mut().unwrap();
        keeper.heard.borrow_mut().push(count.to_string());
        *count -= 1;
        if *count == 0 {
            host.executor().cancel_timer(keeper.timer.get())?;
        }
        Ok(())
    };
    let timer = api.executor().every(Duration::from_nanos(5), tick).unwrap();
    assert!(matches!(host.later.borrow().last(), Some(Later::Timer(_, _, 5, 5))));
    api.executor()
        .run(move |keeper: &Keeper, _| {
            keeper.timer.set(timer);
            Ok(())
        })
        .unwrap();
    assert_eq!(host.run_last(), status::OK);
    host.later.borrow_mut().pop();
    for _ in 0..4 {
        assert_eq!(host.run_last(), status::OK);
    }
    assert_eq!(Arc::strong_count(&held), 1, "it was cancelled while it ran");
    assert_eq!(heard(host, &api), ["3", "2", "1"]);
}

#[test]
fn a_timer_that_runs_once_is_dropped_when_it_has_run() {
    let (host, api) = begun("");
    let held = Arc::new(());
    let taken = held.clone();
    let run = move |_: &Keeper, _: &Host| {
        drop(taken);
        Ok(())
    };
    api.executor().after(Duration::from_nanos(7), run).unwrap();
    assert!(matches!(host.later.borrow().last(), Some(Later::Timer(_, _, 7, 0))));
    assert_eq!(host.run_last(), status::OK);
    assert_eq!(Arc::strong_count(&held), 1);
}
