"""The command line: one file a verb. The only room that prints, exits or reads the environment."""
