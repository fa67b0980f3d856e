//! A caller's own tasks, page by page.

use a2a::{A2AError, ListTasksRequest, ListTasksResponse};
use a2a_server::pagination::resolve_page_size;

use super::{Engine, handler::shorten, refused};
use crate::a2a::{
    caller::Caller,
    tasks::{TaskFilter, TaskStoreError},
};

impl Engine {
    /// The latest change first, as section 3.1.4 has it (A2A-26).
    pub(super) async fn list(
        &self,
        caller: &Caller,
        request: ListTasksRequest,
    ) -> Result<ListTasksResponse, A2AError> {
        if request.page_size.is_some_and(|size| !(1..=100).contains(&size)) {
            return Err(A2AError::invalid_params("pageSize is from 1 to 100"));
        }
        if request.history_length.is_some_and(|length| length < 0) {
            return Err(A2AError::invalid_params("historyLength is not negative"));
        }
        let said = [("contextId", &request.context_id), ("pageToken", &request.page_token)];
        for (name, text) in said {
            if text.as_ref().is_some_and(|text| text.contains('\0')) {
                return Err(A2AError::invalid_params(format!("{name} holds NUL")));
            }
        }
        let limit = resolve_page_size(request.page_size);
        let after = request.status_timestamp_after.map(|time| time.timestamp_millis());
        let filter = TaskFilter {
            context: request.context_id,
            state: request.status,
            changed_after: after.map(|time| u64::try_from(time).unwrap_or(0)),
            after: request.page_token.filter(|token| !token.is_empty()),
            limit,
        };
        let page = self.means.tasks.list(&caller.owner, &filter).await.map_err(|error| match error {
            TaskStoreError::Unknown => A2AError::invalid_params("pageToken is none that was given out here"),
            other => refused(&other, ""),
        })?;
        let tasks = page.rows.iter().filter(|row| !caller.is_barred(&row.provenance)).map(|row| {
            let mut task = (*row.task).clone();
            shorten(&mut task, request.history_length);
            if !request.include_artifacts.unwrap_or(false) {
                task.artifacts = None;
            }
            task
        });
        Ok(ListTasksResponse {
            tasks: tasks.collect(),
            next_page_token: page.next.unwrap_or_default(),
            page_size: i32::try_from(limit).unwrap_or(i32::MAX),
            total_size: i32::try_from(page.total).unwrap_or(i32::MAX),
        })
    }
}
