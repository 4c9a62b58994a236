"""The parts of the format ``template``: what a child process does, and how the bridge talks to it."""
