"""The rules of rules.yaml: their grammar, their index by host, their engine, and one class for each action.

Knows cookies as text and what conditions are judged by; does not know YAML, jars or mitmproxy. A new action is one
module in `actions` and one entry in its table.
"""
