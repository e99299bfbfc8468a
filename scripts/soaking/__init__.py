"""The soak: the proxy under load for a while, with everything that goes wrong around it, and whether it held.

`plan` is how long what takes; `soak` runs it all. What happens meanwhile: `load` (wrk, slice by slice), `origin` (nginx, which
goes away and comes back), `saving` (rules, good and broken), `vanishing` (clients that go in the middle of something) and
`visiting` (clients that log in and out). What is known afterwards: `book` (what every client saw), `recorded` (what the store
has of it), `counting` (what the proxy has in use) and `said` (its log). `verdicts` holds all of it against the goals.
nginx, wrk and the proxy are started as the benchmarks start them; everything stays on loopback.
"""
