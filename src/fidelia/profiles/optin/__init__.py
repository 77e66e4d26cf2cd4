"""Double opt-in: who is asked to confirm a subscription, and what their confirmation means."""
