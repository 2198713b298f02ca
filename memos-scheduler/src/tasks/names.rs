//! Numbers for names that many tasks share, each with a value, for as long as somebody uses them.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;

#[derive(Debug)]
pub(super) struct Names<K, V> {
    numbers: HashMap<K, u32>,
    slots: Vec<Option<Slot<K, V>>>,
    free: Vec<u32>,
}

#[derive(Debug)]
struct Slot<K, V> {
    name: K,
    uses: usize,
    value: V,
}

impl<K, V> Default for Names<K, V> {
    fn default() -> Self {
        Self {
            numbers: HashMap::new(),
            slots: Vec::new(),
            free: Vec::new(),
        }
    }
}

impl<K: Clone + Eq + Hash, V: Default> Names<K, V> {
    /// The number of a name, which is used once more.
    pub(super) fn acquire<Q>(&mut self, name: &Q) -> u32
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ToOwned<Owned = K> + ?Sized,
    {
        if let Some(&number) = self.numbers.get(name) {
            self.slot(number).uses += 1;
            return number;
        }
        let slot = Slot {
            name: name.to_owned(),
            uses: 1,
            value: V::default(),
        };
        let number = match self.free.pop() {
            Some(number) => {
                self.slots[number as usize] = Some(slot);
                number
            }
            None => {
                let number = u32::try_from(self.slots.len()).expect("fewer names than 2^32");
                self.slots.push(Some(slot));
                number
            }
        };
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// One use of a number in use more.
    pub(super) fn again(&mut self, number: u32) {
        self.slot(number).uses += 1;
    }

    /// One use less; the number and its value are forgotten with the last.
    pub(super) fn release(&mut self, number: u32) {
        let slot = self.slot(number);
        slot.uses -= 1;
        if slot.uses == 0
            && let Some(slot) = self.slots[number as usize].take()
        {
            self.numbers.remove(&slot.name);
            self.free.push(number);
        }
    }

    pub(super) fn number<Q>(&self, name: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.numbers.get(name).copied()
    }

    /// The name of a number in use.
    pub(super) fn name(&self, number: u32) -> &K {
        let slot = self.slots[number as usize].as_ref();
        &slot.expect("a number in use has its slot").name
    }

    /// A number in use.
    pub(super) fn get(&self, number: u32) -> &V {
        let slot = self.slots[number as usize].as_ref();
        &slot.expect("a number in use has its slot").value
    }

    /// A number in use.
    pub(super) fn get_mut(&mut self, number: u32) -> &mut V {
        &mut self.slot(number).value
    }

    /// The numbers in use.
    pub(super) fn numbers(&self) -> impl Iterator<Item = u32> + use<K, V> {
        let used: Vec<u32> = self.iter().map(|(number, _, _)| number).collect();
        used.into_iter()
    }

    /// All in use.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &K, &V)> {
        let slots = (0_u32..).zip(&self.slots);
        slots.filter_map(|(number, slot)| {
            let slot = slot.as_ref()?;
            Some((number, &slot.name, &slot.value))
        })
    }

    fn slot(&mut self, number: u32) -> &mut Slot<K, V> {
        let slot = self.slots[number as usize].as_mut();
        slot.expect("a number in use has its slot")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_lives_as_long_as_its_last_use() {
        let mut names: Names<String, u8> = Names::default();
        let a = names.acquire("a");
        let b = names.acquire("b");
        assert_eq!(names.acquire("a"), a);
        *names.get_mut(a) = 7;
        names.release(a);
        assert_eq!((names.number("a"), *names.get(a)), (Some(a), 7));
        names.release(a);
        assert_eq!(names.number("a"), None);
        let c = names.acquire("c");
        assert_eq!(c, a, "numbers are used again");
        assert_eq!(*names.get(c), 0, "but not their values");
        assert_eq!(names.iter().map(|(n, _, _)| n).collect::<Vec<_>>(), [a, b]);
    }
}
