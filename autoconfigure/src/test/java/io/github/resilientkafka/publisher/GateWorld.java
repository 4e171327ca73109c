package io.github.resilientkafka.publisher;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.resilientkafka.publisher.Handover.Question;
import io.github.resilientkafka.store.LaneBacklog;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What surrounds one gate, in slow motion: a circuit, a producer, a writer, a database and a relay, of which every step
 * is taken by hand. All events have one key. Each append to the log is checked: first occurrences come in publish order.
 */
class GateWorld {

    static final long LITTLE_LEFT = 10;

    final LaneGate gate = new LaneGate(0, LITTLE_LEFT);

    final List<Event> published = new ArrayList<>();

    final Deque<Event> inFlight = new ArrayDeque<>();

    final Deque<Event> writer = new ArrayDeque<>();

    final TreeMap<Long, Event> rows = new TreeMap<>();

    final List<Event> log = new ArrayList<>();

    boolean circuitPermits = true;

    boolean producerAvailable = true;

    boolean brokerUp = true;

    /**
     * Whether what is handed to the producer fails at once: its buffer is full, it knows no leader.
     */
    boolean producerRefuses;

    /**
     * Sent through a producer that was closed meanwhile: they will fail, in any order.
     */
    final List<Event> closing = new ArrayList<>();

    /**
     * Run inside the next send, while the sending thread holds no lock: what other threads do meanwhile.
     */
    Runnable meanwhile = () -> {};

    /**
     * Run while the next permit is asked for, which is done without a lock, too.
     */
    Runnable beforePermit = () -> {};

    private int producer;

    private long lastRowId;

    private long nanos;

    private int permits;

    private int permitsAsked;

    final class Event implements GatedEvent {

        private final UUID id = UUID.randomUUID();

        private long number;

        private @Nullable GatedEvent[] places = {};

        private int place;

        private int boundTo;

        /**
         * Whether its future has failed, or it goes its own way: no place in the order is kept for it.
         */
        boolean givenUp;

        /**
         * Whether it waited for the database when the gate was opened without asking it: what is sent may overtake it.
         */
        boolean overtakable;

        @Override
        public UUID eventId() {
            return this.id;
        }

        @Override
        public EventUnderWay underWay(EventUnderWay.State state) {
            return new EventUnderWay(this.id, "orders", 0, state, Duration.ZERO, null);
        }

        @Override
        public long number() {
            return this.number;
        }

        @Override
        public void number(long number) {
            this.number = number;
        }

        @Override
        public void takePlace(@Nullable GatedEvent[] places, int place) {
            this.places = places;
            this.place = place;
        }

        @Override
        public @Nullable GatedEvent[] places() {
            return this.places;
        }

        @Override
        public int place() {
            return this.place;
        }

        @Override
        public @Nullable Object tryAcquirePermit() {
            Runnable others = beforePermit;
            beforePermit = () -> {};
            others.run();
            assertThat(++permitsAsked).as("else a loop without end").isLessThan(100_000);
            if (!circuitPermits) {
                return null;
            }
            permits++;
            return "permit";
        }

        @Override
        public void returnPermit(Object permit) {
            permits--;
        }

        @Override
        public boolean claimProducer() {
            this.boundTo = producer;
            return producerAvailable;
        }

        @Override
        public void send(Object permit) {
            permits--;
            Runnable others = meanwhile;
            meanwhile = () -> {};
            others.run();
            if (this.boundTo != producer || producerRefuses) {
                gate.failed(this);
            } else {
                inFlight.add(this);
            }
        }

        @Override
        public void store() {
            if (!writer.isEmpty()) {
                assertThat(this.number).as("stored behind").isGreaterThan(writer.getLast().number);
            }
            writer.add(this);
        }

        @Override
        public String toString() {
            return "e" + this.number;
        }
    }

    Event publish() {
        Event event = new Event();
        this.published.add(event);
        this.gate.publish(event);
        return event;
    }

    /**
     * Kafka appends what was sent first and acknowledges it.
     */
    void ack() {
        Event event = this.inFlight.remove();
        append(event);
        this.gate.completed(event);
    }

    /**
     * A send fails, whatever its place.
     */
    void fail(Event event) {
        assertThat(this.inFlight.remove(event)).isTrue();
        this.gate.failed(event);
    }

    /**
     * Kafka refuses an event for itself: it goes its own way to the database.
     */
    void refuse(Event event) {
        assertThat(this.inFlight.remove(event)).isTrue();
        event.givenUp = true;
        this.gate.completed(event);
    }

    /**
     * The producer's end is announced: none is handed out any more.
     */
    void announceEnd() {
        this.producerAvailable = false;
        this.gate.producerEnds();
    }

    /**
     * The producer is closed and has a successor, before what it owes has been answered.
     * @param appended how many of its records Kafka has nevertheless, without an answer
     */
    void closeProducer(int appended) {
        this.inFlight.stream().limit(appended).forEach(this::append);
        this.closing.addAll(this.inFlight);
        this.inFlight.clear();
        this.producer++;
        this.producerAvailable = true;
    }

    /**
     * A closed producer fails what it owes.
     */
    void failClosed(int index) {
        this.gate.failed(this.closing.remove(index));
    }

    /**
     * The gate is opened although the database has not said what waits in it: that may be overtaken.
     */
    void openUnasked() {
        GateState before = state();
        if (before == GateState.LOADING || before == GateState.STORING || before == GateState.HANDOVER) {
            this.writer.forEach(event -> event.overtakable = true);
            this.rows.values().forEach(event -> event.overtakable = true);
        }
        this.gate.openUnasked();
    }

    /**
     * The writer commits what it holds, as one batch or several.
     */
    void commit(int max) {
        for (int i = 0; i < max && !this.writer.isEmpty(); i++) {
            Event event = this.writer.remove();
            this.rows.put(++this.lastRowId, event);
            this.gate.written(event);
        }
    }

    /**
     * The writer gives its oldest event up: its future fails, and no place is kept for it.
     */
    void giveUp() {
        Event event = this.writer.remove();
        event.givenUp = true;
        this.gate.written(event);
    }

    /**
     * Another instance stores an event in this lane.
     */
    void othersRow() {
        Event others = new Event();
        others.number(-1);
        this.rows.put(++this.lastRowId, others);
    }

    /**
     * The relay sends the oldest row: appended, not settled.
     */
    void relaySends() {
        Event event = this.rows.firstEntry().getValue();
        checkOrder(event, false);
        this.log.add(event);
    }

    void relaySettles() {
        this.rows.pollFirstEntry();
    }

    void relay(int max) {
        for (int i = 0; i < max && !this.rows.isEmpty(); i++) {
            relaySends();
            relaySettles();
        }
    }

    @Nullable
    LaneBacklog backlog() {
        return this.rows.isEmpty() ? null : new LaneBacklog(0, this.rows.firstKey(), this.rows.lastKey());
    }

    /**
     * The gate asks the database and gets the answer at once.
     */
    void ask() {
        Question question = this.gate.question();
        if (question != null) {
            answer(question, backlog());
        }
    }

    void answer(Question question, @Nullable LaneBacklog backlog) {
        this.gate.answered(question, backlog, this.nanos);
    }

    void time(Duration duration) {
        this.nanos += duration.toNanos();
        this.gate.endLongHandover(this.nanos);
    }

    /**
     * Returns everything that must arrive in the end.
     */
    List<Event> accepted() {
        return this.published.stream().filter(event -> !event.givenUp).toList();
    }

    GateState state() {
        return this.gate.state();
    }

    int permitsAsked() {
        return this.permitsAsked;
    }

    int openPermits() {
        return this.permits;
    }

    void append(Event event) {
        checkOrder(event, true);
        this.log.add(event);
    }

    private void checkOrder(Event event, boolean sentByPublisher) {
        if (event.number() <= 0 || this.log.contains(event)) {
            return;
        }
        for (Event other : this.published) {
            boolean older = other.number() > 0 && other.number() < event.number();
            if (older && !other.givenUp && !(other.overtakable && sentByPublisher)) {
                assertThat(this.log).as("before %s", event).contains(other);
            }
        }
    }
}
