"""Several set-ups on the same question at equal budgets: who takes part, how it went, and what can be said of it."""
