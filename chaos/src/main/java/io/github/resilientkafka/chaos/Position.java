package io.github.resilientkafka.chaos;

/**
 * Where a record lies.
 */
record Position(String topic, int partition, long offset) {

    @Override
    public String toString() {
        return this.topic + "-" + this.partition + "@" + this.offset;
    }
}
