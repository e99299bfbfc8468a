"""The benchmarks: what `scripts/bench` measures, and the goals it holds the numbers against.

`rows` is the table of everything that is measured; `results` knows goals, medians and the printed table, `page` makes Markdown;
`programs`, `proxies`, `load` and `h2load` start nginx, mitmdump, wrk and h2load and stop them; `variants` are the ways to run a
proxy, `traffic` is what it is asked for, `inputs` its text and the rules, `pages` the pages, and `slow_origin` an origin that sends
them bit by bit. `*_addon` are scripts that proxies load beside ours. The others each measure one thing.
Everything is a ratio of two things measured in turn in the same run (A B A B …), because machines differ and are shared.
"""
