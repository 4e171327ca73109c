package io.github.resilientkafka.delivery;

import io.github.resilientkafka.delivery.ReplaySender.KafkaAwayException;
import io.github.resilientkafka.delivery.ReplaySender.Send;
import io.github.resilientkafka.message.FailureKind;
import io.github.resilientkafka.publisher.DeadLetters;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a replay does with the records it reads together: which are meant, which have had their chances and are parked,
 * where each goes. Remembers what is durable of a chunk that is not, so that repeating it sends the rest only.
 */
final class TopicReplayChunk {

    private static final Logger logger = LoggerFactory.getLogger(TopicReplayChunk.class);

    private final TopicReplayContext context;

    private final ReplayRoute route;

    private final ReplayOptions options;

    private final ReplaySender sender;

    private final Set<Position> durable = new HashSet<>();

    private final Set<String> presentTopics = new HashSet<>();

    private record Position(TopicPartition partition, long offset) {

        static Position of(TopicDeadLetter letter) {
            return new Position(letter.partition(), letter.record().offset());
        }
    }

    /**
     * What became of a chunk.
     *
     * @param replayed sent to their topics
     * @param parked sent to where no replay takes them from
     * @param skipped not meant
     */
    record Counts(int replayed, int parked, int skipped) {

        int found() {
            return this.replayed + this.parked;
        }
    }

    TopicReplayChunk(TopicReplayContext context, ReplayRoute route, ReplayOptions options, ReplaySender sender) {
        this.context = context;
        this.route = route;
        this.options = options;
        this.sender = sender;
    }

    /**
     * Replays records until all are durable.
     * @param reader told where to go on if the job's limit is reached
     * @return what became of them, or null if the job was told to stop meanwhile
     * @throws KafkaAwayException if not all could be made durable
     */
    @Nullable
    Counts replay(List<TopicDeadLetter> letters, DeadLetterReader reader, ReplayTally tally)
            throws InterruptedException {
        long room = this.options.limit() - tally.found();
        Set<TopicPartition> left = new HashSet<>();
        List<Send> sends = new ArrayList<>();
        int found = 0;
        int parked = 0;
        int skipped = 0;
        for (TopicDeadLetter letter : letters) {
            if (found == room) {
                if (left.add(letter.partition())) {
                    reader.returnTo(letter);
                }
                continue;
            }
            String target = targetOf(letter);
            if (target == null) {
                skipped++;
                continue;
            }
            found++;
            example(letter, tally);
            boolean hopeless = isHopeless(letter);
            parked += hopeless ? 1 : 0;
            if (!this.durable.contains(Position.of(letter))) {
                sends.add(hopeless ? parking(letter, target, null, reader) : replaying(letter, target, reader));
            }
        }
        List<Send> refused = new ArrayList<>();
        if (!send(sends, refused)) {
            return null;
        }
        if (!refused.isEmpty()) {
            parked += refused.size();
            List<Send> parkings = new ArrayList<>();
            refused.forEach(send -> parkings.add(parking(send.letter(), send.topic(), send.refusal(), reader)));
            if (!send(parkings, null)) {
                return null;
            }
        }
        return new Counts(found - parked, parked, skipped);
    }

    Counts count(List<TopicDeadLetter> letters, ReplayTally tally) {
        int found = 0;
        int parked = 0;
        int skipped = 0;
        long room = this.options.limit() - tally.found();
        for (TopicDeadLetter letter : letters) {
            if (targetOf(letter) == null) {
                skipped++;
            } else if (found < room) {
                found++;
                parked += isHopeless(letter) ? 1 : 0;
                example(letter, tally);
            }
        }
        return new Counts(found - parked, parked, skipped);
    }

    /**
     * Forgets records whose progress is kept by Kafka now.
     */
    void forget(List<TopicDeadLetter> letters) {
        letters.forEach(letter -> this.durable.remove(Position.of(letter)));
    }

    private @Nullable String targetOf(TopicDeadLetter letter) {
        return letter.matches(this.options.filter()) ? this.route.targetOf(letter, this.context.deadLetters()) : null;
    }

    private boolean isHopeless(TopicDeadLetter letter) {
        return this.options.source() == ReplaySource.TOPIC
                && letter.replays() >= this.context.properties().maxFailures();
    }

    private static void example(TopicDeadLetter letter, ReplayTally tally) {
        if (tally.wantsExamples()) {
            tally.example(letter.example());
        }
    }

    private Send replaying(TopicDeadLetter letter, String target, DeadLetterReader reader) {
        requirePresent(target, reader);
        int before = (this.options.source() == ReplaySource.PARKED) ? 0 : letter.replays();
        return new Send(letter, letter.replayed(target, before + 1));
    }

    private Send parking(TopicDeadLetter letter, String target, @Nullable Throwable refusal, DeadLetterReader reader) {
        DeadLetters deadLetters = this.context.deadLetters();
        String parkedTopic = deadLetters.parkedTopicFor(target);
        if (!this.presentTopics.contains(parkedTopic)) {
            deadLetters.ensureParkedTopicFor(target);
            requirePresent(parkedTopic, reader);
        }
        return new Send(letter, letter.parked(parkedTopic, refusal));
    }

    /**
     * A topic that is not there would send thousands of records to the database, or nowhere: they are better off where
     * they are.
     */
    private void requirePresent(String topic, DeadLetterReader reader) {
        if (!this.presentTopics.contains(topic)) {
            if (!reader.exists(topic)) {
                throw new ReplayRefusedException(
                        "There is no topic " + topic + ", or it may not be seen: records of " + this.route.source()
                                + " that go there stay where they are",
                        null);
            }
            this.presentTopics.add(topic);
        }
    }

    /**
     * Sends.
     * @param refused where records go that Kafka refuses for themselves, or null if they may not be refused
     * @return false if the job was told to stop meanwhile
     */
    private boolean send(List<Send> sends, @Nullable List<Send> refused) throws InterruptedException {
        boolean known = this.sender.send(sends);
        Send failed = null;
        for (Send send : sends) {
            if (send.isDurable()) {
                this.durable.add(Position.of(send.letter()));
            } else if (refused != null && send.failureKind() == FailureKind.RECORD) {
                refused.add(send);
                logger.warn(
                        "Record {} is refused by {}, and parked: {}",
                        Position.of(send.letter()),
                        send.topic(),
                        send.refusal().toString());
            } else if (failed == null) {
                failed = send;
            }
        }
        if (!known) {
            return false;
        }
        if (failed != null) {
            if (failed.failureKind() != FailureKind.OUTAGE) {
                throw new ReplayRefusedException(
                        "Topic " + failed.topic() + " refuses: " + failed.refusal(), failed.refusal());
            }
            throw new KafkaAwayException(failed.refusal().toString());
        }
        return true;
    }
}
