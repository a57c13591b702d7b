"""Reports: statistics, figures and pages, made from tables. Nothing here knows TensorFlow or MLflow."""
