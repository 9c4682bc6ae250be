"""The pretend HubSpot: a portal in memory, answered over HTTPS on the loopback interface."""
