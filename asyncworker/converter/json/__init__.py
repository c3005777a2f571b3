"""Values of any type as JSON and back, through pydantic."""
