"""The benchmarks: what `scripts/bench` measures, and the goals it holds the numbers against.

`rows` is the table of everything that is measured; `results` knows goals, medians and the printed table; `programs`, `proxies` and
`load` start nginx, mitmdump and wrk and stop them; `inputs` is the traffic and the rules, `pages` the pages, and
`slow_origin` an origin that sends them bit by bit. The others each measure one thing.
Everything is a ratio of two things measured in turn in the same run (A B A B …), because machines differ and are shared.
"""
