"""Problems and studies."""
