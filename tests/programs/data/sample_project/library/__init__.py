"""An application with two models."""
