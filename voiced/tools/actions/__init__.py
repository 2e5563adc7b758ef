"""What a tool does, one module a kind, its settings beside it; `voiced.tools.building` knows them all."""
