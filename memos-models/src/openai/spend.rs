//! What each tenant has spent today, and whether it may spend more.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use memos_core::{Timestamp, TokenUsage, UserId};

use super::fault::Fault;

const DAY_MICROS: i64 = 86_400_000_000;

/// What a tenant has spent in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    /// The start of the day, in UTC.
    pub day: Timestamp,
    /// Tokens of prompts and answers.
    pub tokens: u64,
}

/// The books of all tenants for one day.
#[derive(Debug)]
pub(super) struct Ledger {
    ceiling: Option<u64>,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    day: Timestamp,
    accounts: HashMap<UserId, Account>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Account {
    spent: u64,
    /// Set aside for requests under way.
    reserved: u64,
}

/// Tokens set aside for one request. Dropped without being settled, after it was sent, it costs the
/// prompt: the endpoint may have read it.
#[derive(Debug)]
pub(super) struct Reservation<'a> {
    ledger: &'a Ledger,
    tenant: &'a UserId,
    day: Timestamp,
    reserved: u64,
    cost: u64,
}

impl Ledger {
    pub(super) fn new(ceiling: Option<u64>, now: Timestamp) -> Self {
        Self {
            ceiling,
            books: Mutex::new(Books {
                day: day_of(now),
                accounts: HashMap::new(),
            }),
        }
    }

    /// Sets tokens aside.
    ///
    /// # Errors
    /// `Spent` if that would go beyond the ceiling.
    pub(super) fn reserve<'a>(
        &'a self,
        tenant: &'a UserId,
        tokens: u64,
        now: Timestamp,
    ) -> Result<Reservation<'a>, Fault> {
        self.with(now, |books| {
            let day = books.day;
            let account = books.accounts.entry(tenant.clone()).or_default();
            let taken = account.spent.saturating_add(account.reserved);
            if let Some(ceiling) = self.ceiling.filter(|c| taken.saturating_add(tokens) > *c) {
                return Err(Fault::Spent {
                    tenant: tenant.clone(),
                    spent: account.spent,
                    ceiling,
                    needed: tokens,
                    resets: Timestamp::from_micros(day.micros().saturating_add(DAY_MICROS)),
                });
            }
            account.reserved += tokens;
            Ok(Reservation {
                ledger: self,
                tenant,
                day,
                reserved: tokens,
                cost: 0,
            })
        })
    }

    /// What a tenant has spent today.
    pub(super) fn spent(&self, tenant: &UserId, now: Timestamp) -> Spent {
        self.with(now, |books| Spent {
            day: books.day,
            tokens: books.accounts.get(tenant).map_or(0, |a| a.spent),
        })
    }

    /// All who have spent something today.
    pub(super) fn all(&self, now: Timestamp) -> Vec<(UserId, Spent)> {
        self.with(now, |books| {
            let day = books.day;
            let of = |(tenant, a): (&UserId, &Account)| {
                let tokens = a.spent;
                (tokens > 0).then(|| (tenant.clone(), Spent { day, tokens }))
            };
            books.accounts.iter().filter_map(of).collect()
        })
    }

    /// What a tenant had spent before this process: counted if it was today, and if it is more than
    /// what is known.
    pub(super) fn restore(&self, tenant: &UserId, spent: Spent, now: Timestamp) {
        self.with(now, |books| {
            if day_of(spent.day) == books.day {
                let account = books.accounts.entry(tenant.clone()).or_default();
                account.spent = account.spent.max(spent.tokens);
            }
        });
    }

    /// Today's books; new ones if the day has changed.
    fn with<T>(&self, now: Timestamp, act: impl FnOnce(&mut Books) -> T) -> T {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let today = day_of(now);
        // A clock that is set back opens no new books: nobody spends a day twice.
        if today > books.day {
            books.day = today;
            books.accounts.clear();
        }
        act(&mut books)
    }
}

impl Reservation<'_> {
    /// The request goes out: from now on it costs at least this.
    pub(super) fn sent(&mut self, prompt_tokens: u64) {
        self.cost = prompt_tokens;
    }

    /// The request turned out to cost this.
    pub(super) fn settle(mut self, usage: TokenUsage) {
        self.cost = usage.prompt.saturating_add(usage.completion);
    }

    /// The request cost nothing.
    pub(super) fn release(mut self) {
        self.cost = 0;
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut books = (self.ledger.books.lock()).unwrap_or_else(PoisonError::into_inner);
        // Yesterday's books are closed, with what was set aside in them; the cost falls on today.
        let same_day = books.day == self.day;
        let account = books.accounts.entry(self.tenant.clone()).or_default();
        if same_day {
            account.reserved = account.reserved.saturating_sub(self.reserved);
        }
        account.spent = account.spent.saturating_add(self.cost);
    }
}

/// The start of a day in UTC.
fn day_of(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(
        at.micros()
            .div_euclid(DAY_MICROS)
            .saturating_mul(DAY_MICROS),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn usage(prompt: u64, completion: u64) -> TokenUsage {
        TokenUsage { prompt, completion }
    }

    #[test]
    fn the_ceiling_holds_with_requests_under_way_and_opens_at_midnight() {
        let now = at("2026-11-23T22:00:00Z");
        let (ana, ben): (UserId, UserId) = ("ana".parse().unwrap(), "ben".parse().unwrap());
        let ledger = Ledger::new(Some(100), now);
        let mut first = ledger.reserve(&ana, 60, now).unwrap();
        first.sent(50);
        let Err(Fault::Spent { spent, resets, .. }) = ledger.reserve(&ana, 41, now) else {
            panic!("60 and 41 are more than 100");
        };
        assert_eq!((spent, resets), (0, at("2026-11-24T00:00:00Z")));
        assert!(
            ledger.reserve(&ben, 100, now).is_ok(),
            "others have their own"
        );
        first.settle(usage(50, 5));
        assert_eq!(ledger.spent(&ana, now).tokens, 55);

        let mut dropped = ledger.reserve(&ana, 45, now).unwrap();
        dropped.sent(40);
        drop(dropped);
        assert_eq!(ledger.spent(&ana, now).tokens, 95);
        let mut refused = ledger.reserve(&ana, 5, now).unwrap();
        refused.sent(5);
        refused.release();
        drop(ledger.reserve(&ana, 5, now).unwrap());
        assert_eq!(ledger.spent(&ana, now).tokens, 95);
        assert_eq!(ledger.all(now).len(), 1);

        let late = ledger.reserve(&ana, 5, now).unwrap();
        let morning = at("2026-11-24T00:00:01Z");
        assert_eq!(ledger.spent(&ana, morning).tokens, 0);
        late.settle(usage(3, 1));
        assert_eq!(ledger.spent(&ana, morning).tokens, 4);
        assert_eq!(
            ledger.spent(&ana, now).day,
            at("2026-11-24"),
            "no day comes twice"
        );
        assert!(ledger.reserve(&ana, 97, morning).is_err());
        assert!(ledger.reserve(&ana, 96, morning).is_ok());
    }

    #[test]
    fn only_todays_spending_is_restored() {
        let now = at("2026-11-23T22:00:00Z");
        let ana: UserId = "ana".parse().unwrap();
        let ledger = Ledger::new(None, now);
        let spent = |day, tokens| Spent {
            day: at(day),
            tokens,
        };
        ledger.restore(&ana, spent("2026-11-22", 7), now);
        assert_eq!(ledger.spent(&ana, now).tokens, 0);
        ledger.restore(&ana, spent("2026-11-23", 9), now);
        ledger.restore(&ana, spent("2026-11-23", 8), now);
        assert_eq!(ledger.spent(&ana, now), spent("2026-11-23", 9));
        assert!(ledger.reserve(&ana, u64::MAX / 2, now).is_ok());
    }
}
