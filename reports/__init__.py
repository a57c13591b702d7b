"""What is read: statistics, figures and the page, made from tables. Nothing here knows TensorFlow or MLflow."""
