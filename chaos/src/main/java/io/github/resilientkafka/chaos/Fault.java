package io.github.resilientkafka.chaos;

import io.github.resilientkafka.chaos.Link.State;
import io.github.resilientkafka.testing.LocalServer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;

/**
 * What production does to applications: how it begins and how it ends.
 */
enum Fault {
    BROKER_KILLED(Place.BROKER, 1, 8, kill(Fault::kafka), start(Fault::kafka)),
    BROKER_FROZEN(Place.BROKER, 1, 9, freeze(Fault::kafka), thaw(Fault::kafka)),
    BROKER_RESTARTED(Place.BROKER, 0, 3, stop(Fault::kafka), start(Fault::kafka)),
    NOT_ENOUGH_REPLICAS(
            Place.BROKER, 2, 8, (world, i) -> world.demandReplicas(2), (world, i) -> world.demandReplicas(1)),
    DEAD_LETTERS_REFUSED(
            Place.BROKER,
            2,
            8,
            (world, i) -> world.demandReplicasOfDeadLetters(2),
            (world, i) -> world.demandReplicasOfDeadLetters(1)),

    DATABASE_KILLED(Place.DATABASE, 1, 8, kill(Fault::postgres), start(Fault::postgres)),
    DATABASE_FROZEN(Place.DATABASE, 1, 9, freeze(Fault::postgres), thaw(Fault::postgres)),
    DATABASE_RESTARTED(Place.DATABASE, 0, 3, stop(Fault::postgres), start(Fault::postgres)),
    DISK_FULL(Place.DATABASE, 1, 8, (world, i) -> world.disk().fill(), (world, i) -> world.makeRoom()),

    APPLICATION_KILLED(Place.INSTANCE, 0, 5, kill(Fault::instance), start(Fault::instance)),
    APPLICATION_FROZEN(Place.INSTANCE, 1, 20, freeze(Fault::instance), thaw(Fault::instance)),
    APPLICATION_RESTARTED(Place.INSTANCE, 0, 3, stop(Fault::instance), start(Fault::instance)),
    ROLLING_RESTART(Place.ALL_INSTANCES, 0, 1, (world, i) -> world.restartOneByOne(), (world, i) -> {}),
    CLOCK_AHEAD(Place.CLOCK, 3, 10, skew(Duration.ofMinutes(90)), skew(Duration.ZERO)),
    CLOCK_BEHIND(Place.CLOCK, 3, 10, skew(Duration.ofMinutes(-90)), skew(Duration.ZERO)),

    KAFKA_CUT(Place.KAFKA_LINK, 1, 8, kafkaLink(State.CUT), kafkaLink(State.FINE)),
    KAFKA_SLOW(Place.KAFKA_LINK, 2, 10, kafkaLink(State.SLOW), kafkaLink(State.FINE)),
    KAFKA_HALF_OPEN(Place.KAFKA_LINK, 1, 10, kafkaLink(State.HALF_OPEN), kafkaLink(State.FINE)),
    KAFKA_BLACK_HOLE(Place.KAFKA_LINK, 1, 10, kafkaLink(State.BLACK_HOLE), kafkaLink(State.FINE)),

    DATABASE_CUT(Place.DATABASE_LINK, 1, 8, databaseLink(State.CUT), databaseLink(State.FINE)),
    DATABASE_SLOW(Place.DATABASE_LINK, 2, 10, databaseLink(State.SLOW), databaseLink(State.FINE)),
    DATABASE_HALF_OPEN(Place.DATABASE_LINK, 1, 10, databaseLink(State.HALF_OPEN), databaseLink(State.FINE)),
    DATABASE_BLACK_HOLE(Place.DATABASE_LINK, 1, 10, databaseLink(State.BLACK_HOLE), databaseLink(State.FINE)),

    PAYMENTS_DOWN(Place.PAYMENTS, 1, 8, (world, i) -> world.switches().payments(false), (world, i) -> world.switches()
            .payments(true));

    /**
     * What a fault strikes. There is one at a time in a place, or in each instance's; different places do not wait for
     * each other.
     */
    enum Place {
        BROKER,
        DATABASE,
        INSTANCE,
        ALL_INSTANCES,
        CLOCK,
        KAFKA_LINK,
        DATABASE_LINK,
        PAYMENTS;

        /** Whether each instance has such a place. */
        boolean isOfInstance() {
            return this == INSTANCE || this == CLOCK || this == KAFKA_LINK || this == DATABASE_LINK;
        }
    }

    /** What keeps all acknowledgements from a publisher. */
    private static final Set<Fault> KEEP_KAFKA_AWAY = EnumSet.of(
            BROKER_KILLED,
            BROKER_FROZEN,
            BROKER_RESTARTED,
            NOT_ENOUGH_REPLICAS,
            KAFKA_CUT,
            KAFKA_HALF_OPEN,
            KAFKA_BLACK_HOLE);

    /** What interrupts an application wherever it is. A graceful restart does not: it leaves nothing half done. */
    private static final Set<Fault> INTERRUPT = EnumSet.of(APPLICATION_KILLED, APPLICATION_FROZEN);

    /** What can hold back a request, or its answer, for longer than its sender waits. */
    private static final Set<Fault> HOLD_BACK = EnumSet.of(
            BROKER_KILLED,
            BROKER_FROZEN,
            BROKER_RESTARTED,
            APPLICATION_FROZEN,
            KAFKA_CUT,
            KAFKA_SLOW,
            KAFKA_HALF_OPEN,
            KAFKA_BLACK_HOLE);

    private final Place place;

    private final int shortest;

    private final int longest;

    private final Act begin;

    private final Act end;

    /** Something that is done to the world, or to one instance in it. */
    @FunctionalInterface
    private interface Act {

        void on(World world, int instance);
    }

    @FunctionalInterface
    private interface Target {

        LocalServer in(World world, int instance);
    }

    /**
     * @param shortest in seconds, between its begin and its end
     * @param longest in seconds
     */
    Fault(Place place, int shortest, int longest, Act begin, Act end) {
        this.place = place;
        this.shortest = shortest;
        this.longest = longest;
        this.begin = begin;
        this.end = end;
    }

    Place place() {
        return this.place;
    }

    /** Whether Kafka cannot be used, or not well. */
    boolean troublesKafka() {
        return (this.place == Place.BROKER && this != DEAD_LETTERS_REFUSED) || this.place == Place.KAFKA_LINK;
    }

    boolean troublesDatabase() {
        return this.place == Place.DATABASE || this.place == Place.DATABASE_LINK;
    }

    boolean keepsKafkaAway() {
        return KEEP_KAFKA_AWAY.contains(this);
    }

    boolean interrupts() {
        return INTERRUPT.contains(this);
    }

    /** Whether it stops applications gracefully, and starts them again. */
    boolean restarts() {
        return this == APPLICATION_RESTARTED || this == ROLLING_RESTART;
    }

    /** Whether a record can come a second time: an acknowledgement, or a settled row, was not heard of. */
    boolean makesDuplicates() {
        return troublesKafka() || troublesDatabase() || interrupts();
    }

    boolean makesDuplicatesOfDeadLetters() {
        return makesDuplicates() || this == DEAD_LETTERS_REFUSED;
    }

    /** Whether a record can be handled a second time: a commit failed, or a consumer was given up. */
    boolean makesRepeats() {
        return (troublesKafka() && this != NOT_ENOUGH_REPLICAS) || interrupts();
    }

    boolean holdsBack() {
        return HOLD_BACK.contains(this);
    }

    Duration duration(Random random) {
        int least = this.shortest * 1_000;
        return Duration.ofMillis(least + random.nextInt(this.longest * 1_000 - least));
    }

    /** Strikes. */
    void begin(World world, int instance) {
        this.begin.on(world, instance);
    }

    /** Returns when all is well again. */
    void end(World world, int instance) {
        this.end.on(world, instance);
    }

    private static LocalServer kafka(World world, int instance) {
        return world.kafka();
    }

    private static LocalServer postgres(World world, int instance) {
        return world.postgres();
    }

    private static LocalServer instance(World world, int instance) {
        return world.instances().get(instance);
    }

    private static Act kill(Target target) {
        return (world, i) -> target.in(world, i).kill();
    }

    private static Act freeze(Target target) {
        return (world, i) -> target.in(world, i).freeze();
    }

    private static Act stop(Target target) {
        return (world, i) -> target.in(world, i).stop();
    }

    private static Act start(Target target) {
        return (world, i) -> target.in(world, i).start();
    }

    private static Act thaw(Target target) {
        return (world, i) -> target.in(world, i).thaw();
    }

    private static Act skew(Duration offset) {
        return (world, i) -> world.instances().get(i).switches().clockOffset(offset);
    }

    private static Act kafkaLink(State state) {
        return (world, i) -> world.instances().get(i).toKafka().become(state);
    }

    private static Act databaseLink(State state) {
        return (world, i) -> world.instances().get(i).toDatabase().become(state);
    }
}
