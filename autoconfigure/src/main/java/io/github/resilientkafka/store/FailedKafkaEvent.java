package io.github.resilientkafka.store;

import io.github.resilientkafka.message.FailureKind;
import jakarta.persistence.Cacheable;
import jakarta.persistence.Convert;
import jakarta.persistence.Entity;
import jakarta.persistence.EnumType;
import jakarta.persistence.Enumerated;
import jakarta.persistence.ExcludeDefaultListeners;
import jakarta.persistence.Id;
import jakarta.persistence.PrePersist;
import jakarta.persistence.PreRemove;
import java.time.Instant;
import java.util.UUID;
import org.hibernate.annotations.Immutable;
import org.hibernate.annotations.JdbcTypeCode;
import org.hibernate.type.SqlTypes;
import org.jspecify.annotations.Nullable;

/**
 * A row of {@code failed_kafka_events}: an event that Kafka did not take, and what became of it. For looking only.
 * <p>
 * The rows belong to the relay, which leases, settles and deletes them by JDBC: changes of an entity are not written,
 * and it cannot be saved or removed. To retry or give up an event, use {@code FailedEventRetryService} or the endpoint
 * {@code kafkaevents}. An entity is a snapshot: it is never cached beyond its persistence context.
 * <p>
 * Present in the application's persistence unit when that is on the event store's {@code DataSource}. Table and columns
 * keep their names whatever the application's naming strategy, default schema or converters. Its attributes are named as
 * the columns are.
 */
@Entity
@Immutable
@Cacheable(false)
@ExcludeDefaultListeners
@SuppressWarnings("NullAway.Init")
public class FailedKafkaEvent {

    @Id
    private long id;

    @JdbcTypeCode(SqlTypes.UUID)
    @Convert(disableConversion = true)
    private UUID rowId;

    @JdbcTypeCode(SqlTypes.UUID)
    @Convert(disableConversion = true)
    private UUID eventId;

    @Convert(disableConversion = true)
    private String namespace;

    @Convert(disableConversion = true)
    private String channel;

    @Convert(disableConversion = true)
    private int lane;

    @Convert(disableConversion = true)
    private String topic;

    @Convert(disableConversion = true)
    private @Nullable Integer partitionNo;

    @Convert(disableConversion = true)
    private long recordTimestamp;

    @Convert(disableConversion = true)
    private byte @Nullable [] recordKey;

    @Convert(disableConversion = true)
    private @Nullable String keyText;

    @Convert(disableConversion = true)
    private byte @Nullable [] payload;

    @Convert(disableConversion = true)
    private String headers;

    @Convert(disableConversion = true)
    private String eventType;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    private EventStatus status;

    @Enumerated(EnumType.STRING)
    @JdbcTypeCode(SqlTypes.VARCHAR)
    private FailureKind failureKind;

    @Convert(disableConversion = true)
    private int attempts;

    @JdbcTypeCode(SqlTypes.TIMESTAMP_UTC)
    @Convert(disableConversion = true)
    private Instant nextAttemptAt;

    @Convert(disableConversion = true)
    private String errorType;

    @Convert(disableConversion = true)
    private @Nullable String errorMessage;

    @JdbcTypeCode(SqlTypes.TIMESTAMP_UTC)
    @Convert(disableConversion = true)
    private Instant createdAt;

    @JdbcTypeCode(SqlTypes.TIMESTAMP_UTC)
    @Convert(disableConversion = true)
    private Instant updatedAt;

    @JdbcTypeCode(SqlTypes.TIMESTAMP_UTC)
    @Convert(disableConversion = true)
    private @Nullable Instant resolvedAt;

    /**
     * For JPA.
     */
    protected FailedKafkaEvent() {}

    /**
     * Returns the row's number, growing in the order in which events were stored.
     */
    public long getId() {
        return this.id;
    }

    /**
     * Returns what makes the row unique: an event that was stored twice has two rows.
     */
    public UUID getRowId() {
        return this.rowId;
    }

    /**
     * Returns the event's id, the header {@code ce_id}.
     */
    public UUID getEventId() {
        return this.eventId;
    }

    /**
     * Returns whose event it is: {@code resilient-kafka.namespace}. Applications may share the table.
     */
    public String getNamespace() {
        return this.namespace;
    }

    /**
     * Returns which of the application's streams of stored events it belongs to.
     */
    public String getChannel() {
        return this.channel;
    }

    /**
     * Returns the lane it is drained by, 0 to 63: the same for all events of a key.
     */
    public int getLane() {
        return this.lane;
    }

    /**
     * Returns the topic it was published to.
     */
    public String getTopic() {
        return this.topic;
    }

    /**
     * Returns the partition its publisher chose, or null.
     */
    public @Nullable Integer getPartitionNo() {
        return this.partitionNo;
    }

    /**
     * Returns the record's timestamp, milliseconds since 1970.
     */
    public long getRecordTimestamp() {
        return this.recordTimestamp;
    }

    /**
     * Returns the serialised key, or null. Not a copy.
     */
    public byte @Nullable [] getRecordKey() {
        return this.recordKey;
    }

    /**
     * Returns the key as readable text, shortened where it is long, or null.
     */
    public @Nullable String getKeyText() {
        return this.keyText;
    }

    /**
     * Returns the serialised body, or null for a tombstone. Not a copy.
     */
    public byte @Nullable [] getPayload() {
        return this.payload;
    }

    /**
     * Returns the headers as a JSON array of pairs.
     */
    public String getHeaders() {
        return this.headers;
    }

    /**
     * Returns the event's type, the header {@code ce_type}.
     */
    public String getEventType() {
        return this.eventType;
    }

    /**
     * Returns where it stands.
     */
    public EventStatus getStatus() {
        return this.status;
    }

    /**
     * Returns why Kafka did not take it.
     */
    public FailureKind getFailureKind() {
        return this.failureKind;
    }

    /**
     * Returns how many retries have failed; those that failed since Kafka was away are not counted.
     */
    public int getAttempts() {
        return this.attempts;
    }

    /**
     * Returns when the relay may try it, of interest while it is {@code PENDING} or {@code DLQ_FAILED}.
     */
    public Instant getNextAttemptAt() {
        return this.nextAttemptAt;
    }

    /**
     * Returns the class of the last error.
     */
    public String getErrorType() {
        return this.errorType;
    }

    /**
     * Returns the last error's message, shortened where it is long, or null.
     */
    public @Nullable String getErrorMessage() {
        return this.errorMessage;
    }

    /**
     * Returns when it was published.
     */
    public Instant getCreatedAt() {
        return this.createdAt;
    }

    /**
     * Returns when the row was last changed.
     */
    public Instant getUpdatedAt() {
        return this.updatedAt;
    }

    /**
     * Returns when it was resolved or dead-lettered, or null.
     */
    public @Nullable Instant getResolvedAt() {
        return this.resolvedAt;
    }

    @PrePersist
    @PreRemove
    void refuse() {
        throw new UnsupportedOperationException(
                "The relay owns the rows of failed_kafka_events: retry or discard events"
                        + " by FailedEventRetryService or the endpoint kafkaevents");
    }

    @Override
    public String toString() {
        return "FailedKafkaEvent[id=" + this.id + ", eventId=" + this.eventId + ", topic=" + this.topic + ", status="
                + this.status + ", attempts=" + this.attempts + "]";
    }
}
