"""What every speaker can do without a device of its owner's: timers, alarms, the time, the volume."""
