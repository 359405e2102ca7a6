//! The whole server over a socket.

mod channels;
mod client;
mod concurrency;
mod faults;
mod later;
mod others;
mod protocol;
mod streams;
mod variants;
