package io.github.resilientkafka.chaos;

import java.time.Duration;
import java.util.Random;
import java.util.function.BiConsumer;

/**
 * What production does to applications: how it begins and how it ends. Of the faults of one {@link Place} there is one at a
 * time; those of different places may overlap.
 */
enum Fault {
    BROKER_KILLED(Place.BROKER, 1, 8, (world, i) -> world.kafka().kill(), (world, i) -> world.kafka()
            .start()),
    BROKER_FROZEN(Place.BROKER, 1, 9, (world, i) -> world.kafka().freeze(), (world, i) -> world.kafka()
            .thaw()),
    BROKER_RESTARTED(Place.BROKER, 0, 3, (world, i) -> world.kafka().stop(), (world, i) -> world.kafka()
            .start()),
    NOT_ENOUGH_REPLICAS(
            Place.BROKER, 2, 8, (world, i) -> world.demandReplicas(2), (world, i) -> world.demandReplicas(1)),

    DATABASE_KILLED(Place.DATABASE, 1, 8, (world, i) -> world.postgres().kill(), (world, i) -> world.postgres()
            .start()),
    DATABASE_FROZEN(Place.DATABASE, 1, 9, (world, i) -> world.postgres().freeze(), (world, i) -> world.postgres()
            .thaw()),
    DATABASE_RESTARTED(Place.DATABASE, 0, 3, (world, i) -> world.postgres().stop(), (world, i) -> world.postgres()
            .start()),

    APPLICATION_KILLED(Place.INSTANCE, 0, 5, (world, i) -> instance(world, i).kill(), (world, i) -> instance(world, i)
            .start()),
    APPLICATION_FROZEN(
            Place.INSTANCE, 1, 20, (world, i) -> instance(world, i).freeze(), (world, i) -> instance(world, i)
                    .thaw()),
    APPLICATION_RESTARTED(
            Place.INSTANCE, 0, 3, (world, i) -> instance(world, i).stop(), (world, i) -> instance(world, i)
                    .start()),
    CLOCK_AHEAD(
            Place.INSTANCE,
            3,
            10,
            (world, i) -> skew(world, i, Duration.ofMinutes(90)),
            (world, i) -> skew(world, i, Duration.ZERO)),
    CLOCK_BEHIND(
            Place.INSTANCE,
            3,
            10,
            (world, i) -> skew(world, i, Duration.ofMinutes(-90)),
            (world, i) -> skew(world, i, Duration.ZERO)),

    PAYMENTS_DOWN(Place.PAYMENTS, 1, 8, (world, i) -> world.switches().payments(false), (world, i) -> world.switches()
            .payments(true));

    /** What a fault strikes. */
    enum Place {
        BROKER,
        DATABASE,
        INSTANCE,
        PAYMENTS
    }

    private final Place place;

    private final int shortest;

    private final int longest;

    private final BiConsumer<World, Integer> begin;

    private final BiConsumer<World, Integer> end;

    /**
     * @param shortest in seconds, between its begin and its end
     * @param longest in seconds
     */
    Fault(Place place, int shortest, int longest, BiConsumer<World, Integer> begin, BiConsumer<World, Integer> end) {
        this.place = place;
        this.shortest = shortest;
        this.longest = longest;
        this.begin = begin;
        this.end = end;
    }

    Place place() {
        return this.place;
    }

    Duration duration(Random random) {
        int least = this.shortest * 1_000;
        return Duration.ofMillis(least + random.nextInt(this.longest * 1_000 - least));
    }

    /** Strikes. */
    void begin(World world, int instance) {
        this.begin.accept(world, instance);
    }

    /** Returns when all is well again. */
    void end(World world, int instance) {
        this.end.accept(world, instance);
    }

    private static Instance instance(World world, int number) {
        return world.instances().get(number);
    }

    private static void skew(World world, int instance, Duration offset) {
        instance(world, instance).switches().clockOffset(offset);
    }
}
