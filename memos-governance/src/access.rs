//! Decisions from ownership and audiences.

use memos_core::{Action, Code, Error, Guard, MemCube, Memory, Result, Scope, UserId};

/// Decides by owner, readers and writers of the cube and of the memory.
///
/// Who may not read an object is told that it does not exist: a refusal would tell that it does.
#[derive(Clone, Copy, Debug, Default)]
pub struct AccessGuard;

impl Guard for AccessGuard {
    fn cube(&self, who: &UserId, action: Action, cube: &MemCube) -> Result<()> {
        let may_read = cube.access.readers.admits(who, &cube.owner);
        let may_write = cube.access.writers.admits(who, &cube.owner);
        let allowed = match action {
            Action::Read => may_read || may_write,
            Action::Write | Action::Forget => may_write,
            Action::Administer => *who == cube.owner,
        };
        match allowed {
            true => Ok(()),
            false if may_read || may_write => Err(refusal(who, action, cube)),
            false => Err(Error::cube_not_found(&cube.id)),
        }
    }

    fn memory(&self, who: &UserId, action: Action, cube: &MemCube, memory: &Memory) -> Result<()> {
        if !self.scope(who, cube)?.admits(&memory.header.governance) {
            return Err(Error::memory_not_found(&cube.id, memory.id));
        }
        if action == Action::Read {
            return Ok(());
        }
        let governance = &memory.header.governance;
        self.cube(who, action, cube)?;
        if *who != cube.owner && !governance.access.writers.admits(who, &governance.owner) {
            return Err(refusal(who, action, cube));
        }
        if governance.legal_hold {
            return Err(Error::new(
                Code::Forbidden,
                format!("memory {} is under legal hold", memory.id),
            )
            .remedy("lift the hold first"));
        }
        Ok(())
    }

    fn scope(&self, who: &UserId, cube: &MemCube) -> Result<Scope> {
        self.cube(who, Action::Read, cube)?;
        Ok(Scope {
            cube_id: cube.id.clone(),
            reader: who.clone(),
            cube_owner: cube.owner.clone(),
        })
    }
}

fn refusal(who: &UserId, action: Action, cube: &MemCube) -> Error {
    let what = match action {
        Action::Read => "read in",
        Action::Write => "write to",
        Action::Forget => "forget in",
        Action::Administer => "administer",
    };
    Error::new(
        Code::Forbidden,
        format!("{who} may not {what} cube {:?}", cube.id.as_str()),
    )
    .remedy(format!("ask its owner, {}", cube.owner))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use memos_core::{
        Access, Activation, Audience, Header, Info, MemoryId, Payload, State, Timestamp,
    };

    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn users(names: &[&str]) -> Audience {
        Audience::Users(names.iter().map(|n| user(n)).collect::<BTreeSet<_>>())
    }

    fn cube(access: Access) -> MemCube {
        MemCube {
            id: "c".parse().unwrap(),
            name: "c".into(),
            description: None,
            owner: user("ada"),
            access,
            created_at: Timestamp::from_secs(0),
            updated_at: Timestamp::from_secs(0),
            info: Info::default(),
            base: None,
        }
    }

    fn memory(owner: &str, access: Access, legal_hold: bool) -> Memory {
        let at = Timestamp::from_secs(0);
        let mut header = Header::new(user(owner), at.into(), at);
        header.governance.access = access;
        header.governance.legal_hold = legal_hold;
        Memory {
            id: MemoryId::generate(),
            cube_id: "c".parse().unwrap(),
            state: State::Generated,
            header,
            payload: Payload::Activation(Activation {
                model: "m".into(),
                blob: [0; 32],
                tokens: 1,
            }),
        }
    }

    #[test]
    fn cubes_by_audience() {
        let cube = cube(Access {
            readers: users(&["rob"]),
            writers: users(&["wes"]),
        });
        let allowed: BTreeMap<&str, [bool; 4]> = BTreeMap::from([
            ("ada", [true, true, true, true]),
            ("rob", [true, false, false, false]),
            ("wes", [true, true, true, false]),
            ("eve", [false, false, false, false]),
        ]);
        let actions = [
            Action::Read,
            Action::Write,
            Action::Forget,
            Action::Administer,
        ];
        for (who, expected) in allowed {
            for (action, expected) in actions.into_iter().zip(expected) {
                let got = AccessGuard.cube(&user(who), action, &cube);
                assert_eq!(got.is_ok(), expected, "{who} {action:?}");
                if let Err(e) = got {
                    let hidden = who == "eve";
                    assert_eq!(e.code() == Code::CubeNotFound, hidden, "{who} {action:?}");
                }
            }
        }
    }

    #[test]
    fn a_private_memory_in_a_shared_cube_stays_hidden() {
        let cube = cube(Access {
            readers: Audience::Everyone,
            writers: Audience::Everyone,
        });
        let private = memory("bob", Access::default(), false);
        let get = |who: &str| AccessGuard.memory(&user(who), Action::Read, &cube, &private);
        assert!(get("bob").is_ok() && get("ada").is_ok());
        assert_eq!(get("eve").unwrap_err().code(), Code::MemoryNotFound);
        let open = memory(
            "bob",
            Access {
                readers: Audience::Everyone,
                ..Access::default()
            },
            false,
        );
        let forget = AccessGuard.memory(&user("eve"), Action::Forget, &cube, &open);
        assert_eq!(forget.unwrap_err().code(), Code::Forbidden);
    }

    #[test]
    fn an_open_memory_is_no_way_to_write_in_a_read_only_cube() {
        let cube = cube(Access {
            readers: Audience::Everyone,
            writers: Audience::Owner,
        });
        let access = Access {
            readers: Audience::Everyone,
            writers: Audience::Everyone,
        };
        let open = memory("bob", access, false);
        let write = AccessGuard.memory(&user("eve"), Action::Write, &cube, &open);
        assert_eq!(write.unwrap_err().code(), Code::Forbidden);
    }

    #[test]
    fn a_legal_hold_holds_against_the_owner() {
        let cube = cube(Access::default());
        let held = memory("ada", Access::default(), true);
        assert!(
            AccessGuard
                .memory(&user("ada"), Action::Read, &cube, &held)
                .is_ok()
        );
        for action in [Action::Write, Action::Forget] {
            let error = AccessGuard
                .memory(&user("ada"), action, &cube, &held)
                .unwrap_err();
            assert_eq!(error.code(), Code::Forbidden);
        }
    }
}
