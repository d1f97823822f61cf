-- Nothing to undo: the constraints stay as they are.
SELECT 1;
