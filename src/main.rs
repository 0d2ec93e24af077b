//! Reads the command line, picks the front end, turns an error into words and an exit code.

fn main() {}
