"""What RFC 6265bis and the browsers say about cookies: pure functions and values, stdlib only, no clock and no I/O."""
