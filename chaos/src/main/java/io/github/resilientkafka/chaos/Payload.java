package io.github.resilientkafka.chaos;

/**
 * The payload of an event: its number among all that its instance has published.
 *
 * @param instance which application published it
 * @param incarnation which run of that application
 * @param number ascending within the incarnation
 * @param kind what handlers make of it
 */
record Payload(String instance, int incarnation, long number, Kind kind) implements Comparable<Payload> {

    enum Kind {
        GOOD,
        /** Its handlers fail twice before they succeed. */
        FLAKY,
        /** Its handlers can make nothing of it: it belongs into the dead-letter topic. */
        POISON,
        /** Kafka refuses it for itself: the publisher gives it up after its retries. */
        TOO_LARGE
    }

    /** Ignores what follows the kind behind another slash. */
    static Payload parse(String text) {
        String[] parts = text.split("/");
        return new Payload(parts[0], Integer.parseInt(parts[1]), Long.parseLong(parts[2]), Kind.valueOf(parts[3]));
    }

    /** Compares by the order of publishing; makes sense for events of one instance only. */
    @Override
    public int compareTo(Payload other) {
        int runs = Integer.compare(this.incarnation, other.incarnation);
        return (runs != 0) ? runs : Long.compare(this.number, other.number);
    }

    @Override
    public String toString() {
        return this.instance + "/" + this.incarnation + "/" + this.number + "/" + this.kind;
    }
}
