mod crash;
mod faults;
mod golden;
mod history;
mod model;
mod numbers;
mod old;
mod promises;
mod raise;
mod requests;

use std::cell::Cell;

use memos_core::conformance::check_vault;

use super::testing::options;
use super::{Options, SledVault};

#[test]
fn it_conforms() {
    let root = tempfile::tempdir().unwrap();
    let made = Cell::new(0);
    check_vault(|clock| {
        made.set(made.get() + 1);
        let options = Options { clock, ..options() };
        SledVault::open(root.path().join(made.get().to_string()), options).unwrap()
    });
}
