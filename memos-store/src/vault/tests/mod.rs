mod crash;
mod faults;
mod golden;
mod model;
mod promises;
