"""Tools for agents, by the Model Context Protocol: each is a question that the service's routes answer."""
