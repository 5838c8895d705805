"""What tests of webhooks need."""
