"""What FakeTemporal is made of, from the state of one activity up to the calls on the wire."""
