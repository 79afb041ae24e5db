"""How rollout files are read: one file a producer, each giving rows in canonical columns as Arrow record batches."""
