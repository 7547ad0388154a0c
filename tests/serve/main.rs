//! The server as its clients see it: the binary, over sockets, with a scripted model behind.

mod callers;
mod chat;
mod client;
mod clients;
mod configs;
mod faults;
mod gateways;
mod limits;
mod models;
mod page;
mod per_caller;
mod redis;
mod running;
mod shared;
mod shared_threads;
#[path = "../support/mod.rs"]
mod support;
mod tenants;
mod threads;
mod tls;
mod upstream;
mod usage;
mod watching;
