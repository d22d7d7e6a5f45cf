"""From the truth of a crossing to the counts of a frame: wheels, motion, suspension, strips, amplifier, converter.

The way of a signal: `vehicle` and `tyres` (what rolls) → `motion` and `suspension` (how it rolls) → `footprint` (what
of a wheel's force a strip feels, from the tyre's own pressure and the pavement above the strip) → `strips` (the force
on each strip over time) and `loops` → `electronics` (charge amplifier, noise, hum, drift, converter) → `capture` (the
frame's bytes). `scene` holds all that a frame depends on; the same scene gives the same bytes. `faults` change a scene.

The shape of a pulse comes from integrating pressure over the strip's width. Nothing here is taken from the estimator,
and no two vehicles need share a shape.
"""
