"""The compiled training of a cohort: many networks as one program. The only code, with the probes, that imports TensorFlow."""
