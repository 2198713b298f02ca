//! The routes of contract A, without a socket.
