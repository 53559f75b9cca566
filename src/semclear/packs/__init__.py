"""Training away from the project: a data set as one file, one command, few packages, any Keras backend."""
