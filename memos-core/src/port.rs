//! The ports: what the layers above need of the world. Implementations live in the crates beside
//! and above; this crate knows none of them.

use std::time::Duration;

use crate::{
    Candidate, Change, ChangeSeq, CubeId, Event, EventSeq, Layer, MemCube, Memory, MemoryCall,
    MemoryId, NamedSnapshot, NewEvent, Result, Scope, Task, TaskId, Tier, Timestamp, UserId,
    Weights, Why,
};

/// Durable records and their events.
///
/// What [`commit`](Vault::commit) acknowledged survives a kill and a power cut, each record and
/// event once, and nothing of an unacknowledged commit is there by half.
pub trait Vault: Send + Sync + 'static {
    /// Writes all of it or nothing, and returns when it is on the disk.
    ///
    /// # Errors
    /// `DiskFull` and `Unavailable` leave the vault as it was; `Conflict` if an expected version is
    /// not the stored one.
    fn commit(&self, commit: Commit) -> Result<Committed>;

    /// The state of this instant, unmoved by later commits.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn snapshot(&self) -> Result<Box<dyn Snapshot>>;

    /// A cube's header, as last committed.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>>;

    /// A memory, as last committed.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>>;

    /// A task, as last committed.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn task(&self, id: TaskId) -> Result<Option<Task>>;

    /// The cubes that hold a memory of this id, by id: more than one if branches have versions of
    /// their own. One that was withdrawn is in none, and a branch that only reads through to its
    /// base is not among them.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn cubes_of(&self, id: MemoryId) -> Result<Vec<CubeId>>;

    /// The memories of a cube that name this one among what they were made from, by id: also those
    /// that did so once and were changed or withdrawn since, but no forgotten ones. Of a branch,
    /// those of what it reads through to as well, whether or not it shows them.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn made_from(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<MemoryId>>;
}

/// Numbered events, read in order. Every [`Vault`] is one: its events are its outbox.
pub trait EventLog: Send + Sync + 'static {
    /// The last event that is on the disk.
    fn head(&self) -> EventSeq;

    /// Up to `limit` events after `after`, none later than [`head`](EventLog::head), in order and
    /// without gaps.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn events(&self, after: EventSeq, limit: usize) -> Result<Vec<Event>>;

    /// Where a subscriber stands; zero if it never said.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn cursor(&self, subscriber: &str) -> Result<EventSeq>;

    /// Notes durably that a subscriber is done with all events up to `seq`.
    ///
    /// # Errors
    /// If it can't be written.
    fn advance(&self, subscriber: &str, seq: EventSeq) -> Result<()>;
}

/// A consistent view of a vault. Scans are ordered: cubes by id, memories by id, so by age.
pub trait Snapshot: Send {
    /// The last event whose commit this view holds.
    fn seq(&self) -> EventSeq;

    /// Up to `limit` cubes after one, or from the first.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn cubes(&self, after: Option<&CubeId>, limit: usize) -> Result<Vec<MemCube>>;

    /// Up to `limit` memories of a cube after one, or from the first.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn memories(&self, cube: &CubeId, after: Option<MemoryId>, limit: usize)
    -> Result<Vec<Memory>>;

    /// A cube's header.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn cube(&self, id: &CubeId) -> Result<Option<MemCube>>;

    /// A memory.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<Option<Memory>>;

    /// Up to `limit` changes of a cube's memories after one, oldest first. Those of forgotten
    /// memories are gone.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn changes(&self, cube: &CubeId, after: ChangeSeq, limit: usize) -> Result<Vec<Change>>;

    /// All changes of one memory, oldest first.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn history(&self, cube: &CubeId, id: MemoryId) -> Result<Vec<Change>>;

    /// The cube's last change at or before an instant; zero if there is none. It costs as much as
    /// there were changes since.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn change_at(&self, cube: &CubeId, instant: Timestamp) -> Result<ChangeSeq>;

    /// The number of the vault's last change, in whichever cube, and though what it made may have
    /// been forgotten since.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn last_change(&self) -> Result<ChangeSeq>;

    /// The named snapshots of a cube, by name.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn named(&self, cube: &CubeId) -> Result<Vec<NamedSnapshot>>;

    /// Up to `limit` tasks after one, or from the first, by id.
    ///
    /// # Errors
    /// If the storage can't be read.
    fn tasks(&self, after: Option<TaskId>, limit: usize) -> Result<Vec<Task>>;
}

/// Changes and the events that tell of them.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// The changes, in order.
    pub writes: Vec<Write>,
    /// What they mean.
    pub events: Vec<NewEvent>,
    /// The request that asks for them: a repeat changes nothing and gets the first one's ids.
    pub request: Option<Request>,
    /// Who changes memories, and why: it goes into their history and into the events. Without it,
    /// the actor of the first event did it, because he was asked to.
    pub why: Option<Why>,
}

/// One change of a record.
#[derive(Clone, Debug)]
pub enum Write {
    /// Creates a cube's header; an existing cube of that id is a `CubeExists` error.
    CreateCube(MemCube),
    /// Creates a cube's header unless one of that id is there.
    EnsureCube(MemCube),
    /// Replaces a cube's header; a missing one is a `CubeNotFound` error.
    UpdateCube(MemCube),
    /// Removes a cube's header, all of its memories with their histories, its named snapshots and
    /// its noted requests (`CubeNotFound` if there is none).
    DeleteCube(CubeId),
    /// Writes a new memory. The cube must exist when the commit is done (`CubeNotFound`); a memory
    /// of that id must not be in it (`Conflict`).
    AddMemory(Memory),
    /// Replaces a memory if the stored one has this version (`Conflict`, or `MemoryNotFound`). What
    /// it was goes into its history.
    UpdateMemory {
        /// What it becomes.
        memory: Memory,
        /// What it must be before: [`Behavioural::version`](crate::Behavioural::version).
        expected_version: u32,
    },
    /// Adds to a memory's use count and moves its last use forwards; a missing memory is skipped.
    /// The memory's version stays.
    Touch {
        /// The cube.
        cube_id: CubeId,
        /// The memory.
        id: MemoryId,
        /// Uses to add.
        uses: u64,
        /// The last of them.
        at: Timestamp,
    },
    /// Notes which working set a memory is in; a missing memory is skipped. Its version stays, and
    /// nothing goes into its history.
    Place {
        /// The cube.
        cube_id: CubeId,
        /// The memory.
        id: MemoryId,
        /// Where.
        tier: Tier,
    },
    /// Takes a memory out of its cube but not out of the history (`MemoryNotFound`, `Conflict`), so
    /// that it can be added again as it was.
    WithdrawMemory {
        /// The cube.
        cube_id: CubeId,
        /// The memory.
        id: MemoryId,
        /// What it must be: [`Behavioural::version`](crate::Behavioural::version).
        expected_version: u32,
    },
    /// Forgets a memory: the record, its whole history, and the noted requests that made it, since a
    /// repeat of them must not be answered with a dead id. `MemoryNotFound` if there is neither
    /// record nor history.
    DeleteMemory {
        /// The cube.
        cube_id: CubeId,
        /// The memory.
        id: MemoryId,
    },
    /// Names a state of a cube (`CubeNotFound`; `Conflict` if it has one of that name).
    NameSnapshot {
        /// The cube.
        cube_id: CubeId,
        /// The name and what it stands for.
        snapshot: NamedSnapshot,
    },
    /// Drops a name (`SnapshotNotFound`).
    DropSnapshot {
        /// The cube.
        cube_id: CubeId,
        /// The name.
        name: String,
    },
    /// Adds a task, as [`Task::admit`] decides if there is one of that id.
    AddTask(Box<Task>),
    /// Replaces a task if the stored one has this revision (`Conflict`, or `TaskNotFound`).
    UpdateTask {
        /// What it becomes.
        task: Box<Task>,
        /// What it must be before.
        expected_revision: u32,
    },
    /// Removes a task; one that is not there is no error.
    RemoveTask(TaskId),
}

/// A request by its content, so that a retry stores once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Hash of who asked for what.
    pub digest: [u8; 32],
    /// The cube that it writes to.
    pub cube_id: CubeId,
    /// What it made.
    pub ids: Vec<MemoryId>,
    /// A request of the same digest less than this ago is the same request. Repeats do not
    /// prolong it.
    pub window: Duration,
}

/// What a commit did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It was written; the number of its last event, or of the last before it if it has none.
    Done(EventSeq),
    /// The same request was committed before, with these ids; nothing was written.
    Repeated(Vec<MemoryId>),
}

/// Ordered events to many subscribers, each with a durable cursor.
///
/// Each subscriber gets each event of the log once, in order and without gaps, as long as it
/// acknowledges what it got; after a restart it goes on after the last acknowledged one. Events
/// wait in the log, not in the bus: a slow subscriber takes no memory, blocks no write and misses
/// nothing.
pub trait Bus: Send + Sync + 'static {
    /// Tells the subscribers that all events up to `head` are on the disk. Never blocks. Calls may
    /// come in any order and more than once.
    fn announce(&self, head: EventSeq);

    /// A subscription that starts at the durable cursor of that name, at the log's beginning if it
    /// has none. Dropping it frees the name.
    ///
    /// # Errors
    /// `Conflict` if a subscription of that name is alive; `Unavailable` if the bus is closed;
    /// `Corrupt` if the cursor stands after the log's end; or if the storage can't be read.
    fn subscribe(&self, name: &str) -> Result<Box<dyn Subscriber>>;

    /// Ends all waiting: from now on there are no batches and no new subscriptions. What was
    /// delivered can still be acknowledged.
    fn close(&self);
}

/// One reader of a [`Bus`].
pub trait Subscriber: Send {
    /// Its name: the key of its durable cursor.
    fn name(&self) -> &str;

    /// The next events, at most `max`, as soon as there are any; none when `timeout` has passed.
    /// Batches may be taken before earlier ones are acknowledged.
    ///
    /// # Errors
    /// `Unavailable` if the bus is closed; `Corrupt` if the log has a gap; or if the storage can't
    /// be read. The position does not move, so the call can be repeated.
    fn next_batch(&mut self, max: usize, timeout: Duration) -> Result<Vec<Event>>;

    /// The next events, at most `max`, or none, without waiting.
    ///
    /// # Errors
    /// As [`next_batch`](Subscriber::next_batch).
    fn try_batch(&mut self, max: usize) -> Result<Vec<Event>> {
        self.next_batch(max, Duration::ZERO)
    }

    /// Notes durably that all events up to `seq` are done with. The same number twice is no error.
    ///
    /// # Errors
    /// `InvalidRequest` if `seq` was not delivered yet, or lies before what is acknowledged; or if
    /// the cursor can't be written.
    fn ack(&mut self, seq: EventSeq) -> Result<()>;

    /// How many events of the log it has not acknowledged yet.
    fn lag(&self) -> u64;
}

/// Candidates for a call, inside a permission scope. What [`put`](Index::put) returned from is
/// visible to the next search.
pub trait Index: Send + Sync + 'static {
    /// Adds memories of one cube, or replaces those of the same ids. `vectors` holds one unit
    /// vector per memory. The order of calls does not matter to what the index becomes.
    ///
    /// # Errors
    /// If a vector's dimension is not the index's.
    fn put(&self, cube: &CubeId, memories: &[Memory], vectors: &[Vec<f32>]) -> Result<()>;

    /// Removes a memory; one that is not there is no error.
    fn remove(&self, cube: &CubeId, id: MemoryId);

    /// Removes a cube.
    fn drop_cube(&self, cube: &CubeId);

    /// The best candidates of the call inside the scopes, best first. One score scale holds over
    /// all scopes.
    ///
    /// # Errors
    /// If a scope's cube is not in the index, or the vector's dimension is not the index's.
    fn candidates(&self, query: &IndexQuery<'_>) -> Result<Vec<Candidate>>;

    /// Notes uses of a memory, so that filters see them; one that is not there is no error.
    fn touch(&self, cube: &CubeId, id: MemoryId, uses: u64, at: Timestamp);

    /// How many memories of a cube it holds in all layers, if the cube is in it.
    fn len(&self, cube: &CubeId) -> Option<usize>;
}

/// What an [`Index`] is asked.
#[derive(Clone, Copy, Debug)]
pub struct IndexQuery<'a> {
    /// The question.
    pub call: &'a MemoryCall,
    /// Unit vector of the question.
    pub vector: &'a [f32],
    /// Where the caller may look.
    pub scopes: &'a [Scope],
    /// How signals become a score.
    pub weights: &'a Weights,
    /// How many candidates to return at most.
    pub limit: usize,
    /// Which of the two layers to look in: each has statistics of its own.
    pub layer: Layer,
}

/// Texts to vectors.
pub trait Embedder: Send + Sync + 'static {
    /// Name and revision of the model: vectors of different models can't be compared.
    fn model_id(&self) -> &str;

    /// Length of its vectors.
    fn dimension(&self) -> usize;

    /// One unit vector of [`dimension`](Embedder::dimension) floats per text; zeros for a text
    /// without a known piece.
    ///
    /// # Errors
    /// If the model can't be reached.
    fn embed(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>>;

    /// Length of a text in the model's tokens.
    fn count_tokens(&self, text: &str) -> usize;
}

/// May this principal do this to this object?
pub trait Guard: Send + Sync + 'static {
    /// Decides on a cube as a whole.
    ///
    /// # Errors
    /// `CubeNotFound` if the principal may not even know of it, `Forbidden` if it may know of it
    /// but not do this.
    fn cube(&self, who: &UserId, action: Action, cube: &MemCube) -> Result<()>;

    /// Decides on one memory of a cube that the principal may read.
    ///
    /// # Errors
    /// `MemoryNotFound` if the principal may not read it, `Forbidden` if it may read it but not do
    /// this.
    fn memory(&self, who: &UserId, action: Action, cube: &MemCube, memory: &Memory) -> Result<()>;

    /// Where the principal may look in a cube that it may read.
    ///
    /// # Errors
    /// As [`cube`](Guard::cube) with [`Action::Read`].
    fn scope(&self, who: &UserId, cube: &MemCube) -> Result<Scope>;
}

/// What a principal wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See it.
    Read,
    /// Add to it or change it.
    Write,
    /// Remove it.
    Forget,
    /// Change who may do what with it, or remove a whole cube.
    Administer,
}

/// What time it is.
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;
}
