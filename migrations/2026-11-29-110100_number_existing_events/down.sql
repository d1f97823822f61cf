DROP TABLE feed;
DROP TABLE feed_runs;
