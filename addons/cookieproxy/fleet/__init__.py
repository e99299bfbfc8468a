"""Several proxies as one: what balancer, workers and their supervisor say to each other, and how they are started."""
